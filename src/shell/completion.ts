// A command line up to the cursor -> what may stand there, for the shells' completion.
import type { Option, Program } from "./program.ts";

export interface Candidate {
  readonly word: string;
  readonly says: string;
}

/** `value`: a word of a kind (`door`, `file`) that only the machine can tell; `prefix` stands before it, as in `--config=`. */
export type Fitting =
  | { readonly kind: "words"; readonly candidates: readonly Candidate[] }
  | { readonly kind: "value"; readonly takes: string; readonly prefix: string; readonly said: Said };

/** What stands before the cursor. */
export interface Said {
  readonly command: string | undefined;
  /** In order, without the command. */
  readonly given: readonly string[];
  /** The values of options by each of their flags. */
  readonly values: ReadonlyMap<string, string>;
}

const NOTHING: Fitting = { kind: "words", candidates: [] };

/** `words`: behind the program's name; the last one is being typed, and may be empty. */
export function fitting(program: Program, words: readonly string[]): Fitting {
  const typed = words.at(-1) ?? "";
  const { command, awaits, literal, given, values } = readBefore(program, words.slice(0, -1));
  const said: Said = { command: command === program ? undefined : command.name, given, values };
  const value = (takes: string | undefined, prefix = ""): Fitting =>
    takes === undefined ? NOTHING : { kind: "value", takes, prefix, said };

  if (awaits !== undefined) return value(awaits.takes);
  const [flag = "", ...assigned] = typed.split("=");
  if (!literal && assigned.length > 0 && flag.startsWith("--"))
    return value(optionOf(command, flag)?.takes, `${flag}=`);
  if (!literal && typed.startsWith("-")) return wordsOf(command.options.map(longest));
  if (command === program && program.commands.length > 0) return wordsOf(program.commands.map(asCandidate));
  const takes = command.takes[given.length];
  return takes === "command" ? wordsOf(program.commands.map(asCandidate)) : value(takes);
}

/** What goes on with what is typed, a line each: the word, and what it means. */
export function candidateLines(candidates: readonly Candidate[], typed: string): string[] {
  return candidates.filter(({ word }) => word.startsWith(typed)).map(({ word, says }) => `${word}\t${says}`);
}

interface Before {
  readonly command: Program;
  /** The option whose value comes next. */
  readonly awaits: Option | undefined;
  /** Behind `--`: no more options. */
  readonly literal: boolean;
  readonly given: readonly string[];
  readonly values: ReadonlyMap<string, string>;
}

function readBefore(program: Program, words: readonly string[]): Before {
  let command = program;
  let awaits: Option | undefined;
  let literal = false;
  const given: string[] = [];
  const values = new Map<string, string>();
  for (const word of words) {
    const [flag = "", ...assigned] = word.split("=");
    const option = literal ? undefined : optionOf(command, flag);
    if (awaits !== undefined) {
      for (const each of awaits.flags) values.set(each, word);
      awaits = undefined;
    } else if (word === "--" && !literal) literal = true;
    else if (option?.takes !== undefined && assigned.length === 0) awaits = option;
    else if (option?.takes !== undefined) for (const each of option.flags) values.set(each, assigned.join("="));
    else if (word.startsWith("-") && !literal) continue;
    else if (command === program && program.commands.length > 0)
      command = program.commands.find(({ name }) => name === word) ?? { ...program, commands: [], takes: [] };
    else given.push(word);
  }
  return { command, awaits, literal, given, values };
}

function optionOf({ options }: Program, flag: string): Option | undefined {
  return options.find(({ flags }) => flags.includes(flag));
}

function asCandidate({ name, says }: Program): Candidate {
  return { word: name, says };
}

function longest({ flags, says }: Option): Candidate {
  return { word: flags.at(-1) ?? "", says };
}

function wordsOf(candidates: readonly Candidate[]): Fitting {
  return { kind: "words", candidates };
}
