// The bytes of a knockd.conf -> its sections and directives, each with its line and the comments that stand above it.

import { knockdLines } from "./knockd-lines.ts";
import { directiveText, type Say, trimC } from "./note.ts";

export interface Directive {
  /** As written. */
  readonly name: string;
  /** In lower case. */
  readonly key: string;
  /** Undefined for a bare word. */
  readonly value: string | undefined;
  readonly line: number;
  readonly comments: readonly string[];
}

export interface Section {
  readonly name: string;
  readonly line: number;
  readonly comments: readonly string[];
  readonly directives: Directive[];
  /** Comments below the last directive. */
  readonly after: string[];
}

export interface KnockdConf {
  /** Comments that stand apart at the top of the file. */
  readonly head: readonly string[];
  readonly sections: readonly Section[];
  /** Comments that stand apart at its bottom. */
  readonly end: readonly string[];
}

/** A comment without its `#`; `apart` from the line above by an empty line, or further to the right than a section's name. */
interface Comment {
  readonly text: string;
  readonly apart: boolean;
  readonly indented: boolean;
}

/** `refuse` hears what knockd itself would not take, `say` what it takes by accident or we take where it would not. */
export function readKnockdConf(bytes: Uint8Array, say: Say, refuse: Say): KnockdConf {
  const sections: Section[] = [];
  let head: readonly string[] = [];
  let comments: Comment[] = [];
  let apart = false;
  for (const { line, text: raw } of knockdLines(bytes, say)) {
    const text = trimC(raw);
    const section = sections.at(-1);
    if (text === "") {
      apart = true;
      continue;
    }
    if (text.startsWith("#") || text.startsWith(";")) {
      if (text.startsWith(";")) say(line, `knockd has no comments with ";" and would not start, taken for one`);
      comments.push({ text: text.slice(1), apart, indented: /^\s/.test(raw) });
    } else if (text.startsWith("[") && text.endsWith("]")) {
      const { above, own } = shareComments(comments, apart);
      if (section === undefined) head = above;
      else section.after.push(...above);
      comments = [];
      if (text === "[]") refuse(line, "expected a name between [ and ]");
      sections.push({ name: text.slice(1, -1), line, comments: own, directives: [], after: [] });
    } else {
      const directive = readDirective(text, line, comments.splice(0));
      if (section === undefined) refuse(line, beforeSections(text, directive));
      else section.directives.push(directive);
    }
    apart = false;
  }
  const { above, own } = shareComments(comments, false);
  sections.at(-1)?.after.push(...above);
  return sections.length === 0 ? { head: textsOf(comments), sections, end: [] } : { head, sections, end: own };
}

function readDirective(text: string, line: number, comments: readonly Comment[]): Directive {
  const sign = text.indexOf("=");
  const name = trimC(sign === -1 ? text : text.slice(0, sign));
  const value = sign === -1 ? undefined : trimC(text.slice(sign + 1));
  return { name, key: name.toLowerCase(), value, line, comments: comments.map((comment) => comment.text) };
}

function beforeSections(text: string, directive: Directive): string {
  if (isHalfSection(text)) return `a section is written [${text.replace(/[[\]]/g, "")}], with both brackets`;
  return `expected a section such as [options] before ${directiveText(directive)}`;
}

/** `options]` */
export function isHalfSection(text: string): boolean {
  return /^\[?[\w .-]{1,32}\]?$/.test(text) && /[[\]]/.test(text);
}

/**
 * Of the comments between a directive and the next section's name, those before the last empty line belong to what is
 * above, and so do indented ones; those right above the name belong to the new section.
 */
function shareComments(comments: readonly Comment[], apart: boolean): { above: string[]; own: string[] } {
  const gap = apart ? comments.length : comments.findLastIndex((comment) => comment.apart);
  const first = comments.findIndex((comment, index) => index >= gap && !comment.indented);
  const share = first === -1 ? comments.length : first;
  return { above: textsOf(comments.slice(0, share)), own: textsOf(comments.slice(share)) };
}

/** With an empty line where there was one between two comments. */
function textsOf(comments: readonly Comment[]): string[] {
  return comments.flatMap(({ text, apart }, index) => (apart && index > 0 ? ["", text] : [text]));
}
