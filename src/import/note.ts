// What an import has to say about a line of the old file.
import { masked } from "../core/text/masked.ts";

export interface Note {
  /** From 1; 0 for the file as a whole. */
  readonly line: number;
  readonly message: string;
}

export type Say = (line: number, message: string) => void;

/** BOUNDED: how much of a value is quoted. */
const QUOTE_MAX = 80;

/** A value of the old file as it can be read in a message or a comment. */
export function quote(text: string): string {
  const shown = masked(text);
  return JSON.stringify(shown.length > QUOTE_MAX ? `${shown.slice(0, QUOTE_MAX)}...` : shown);
}

/** Too short for a secret. */
const SHORT = /^[\w$!.-]{1,10}$/;

/**
 * As quote, for places where a secret may stand by mistake, as in a line that was joined with the one below: what has the form of
 * the value is quoted, and what is too short for a secret; nothing else.
 */
export function quoteOf(text: string, form: RegExp, instead = "something else"): string {
  return SHORT.test(text) || form.test(text) ? quote(text) : instead;
}

/** C's isspace, and no more: knockd keeps a no-break space. */
export function trimC(text: string): string {
  return text.replace(/^[ \t\n\v\f\r]+/, "").replace(/[ \t\n\v\f\r]+$/, "");
}

/** `knockd.conf:7: ...` */
export function formatNote(file: string, { line, message }: Note): string {
  return line === 0 ? `${file}: ${message}` : `${file}:${line}: ${message}`;
}

/** The one bare word, which may stand in any section. */
export function saySyslog({ value, line }: { value: string | undefined; line: number }, say: Say): void {
  if (value === undefined) say(line, "UseSyslog: not needed, the journal has the log");
  else
    say(
      line,
      `UseSyslog = ${value}: knockd takes no value here and would not start; not needed, the journal has the log`,
    );
}

/** A name of a directive, such as Start_Command. */
export const KEY_NAME = /^[A-Za-z][\w -]{0,23}$/;

/** A line that is none of knockd's, without its value: the file of another program may hold keys. */
export function directiveText({ name, value }: { readonly name: string; readonly value: string | undefined }): string {
  if (value === undefined) return quoteOf(name, /^$/, 'a line without "="');
  return value === "" || value.startsWith("=")
    ? quoteOf(name, /^$/, "no name of a key")
    : quoteOf(name, KEY_NAME, "no name of a key");
}
