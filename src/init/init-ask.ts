// The questions of `knockd init`. A flag answers one ahead, --yes all others with what stands in brackets.

import { EXIT, Failure } from "../core/exit.ts";
import { reasonOf } from "../core/text/words.ts";
import { ask } from "../io/prompt.ts";
import { print } from "../io/terminal.ts";

export interface Question<T> {
  readonly flag: string;
  readonly text: string;
  /** What Enter means; undefined if there is nothing to suggest. */
  readonly usual: string | undefined;
  /** How it stands in the brackets, if not as it is. */
  readonly shown?: string;
  /** Throws a RangeError that says what was expected. */
  readonly read: (text: string) => T;
}

/** `given`: by the flag. `quiet`: nobody is asked. */
export async function settle<T>(question: Question<T>, given: string | undefined, quiet: boolean): Promise<T> {
  const { flag, text, usual, read, shown = usual } = question;
  const ready = given ?? (quiet ? usual : undefined);
  if (ready !== undefined) return readFlag(flag, ready, read);
  if (quiet) throw new Failure(EXIT.USAGE, `cannot guess it, give it with ${flag}`);
  for (;;) {
    const answer = (await ask(`${text}${shown === undefined ? "" : ` [${shown}]`} `)) || usual;
    try {
      if (answer !== undefined) return read(answer);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      print(`  ${error.message}`);
    }
  }
}

function readFlag<T>(flag: string, text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    throw new Failure(EXIT.USAGE, `${flag}: ${reasonOf(error)}`);
  }
}
