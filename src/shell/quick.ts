// What can be answered from the outline alone: the version, the help, and which words may stand at the cursor.
import { candidateLines, type Fitting, fitting } from "./completion.ts";
import type { Outline } from "./outline.ts";

const VERSION = ["-V", "--version"];
const HELP = ["-h", "--help"];

/** What goes to stdout; undefined: it takes the program itself. */
export function quickAnswer(outline: Outline, words: readonly string[]): string | undefined {
  const { version, help } = outline;
  const fits = quickFitting(outline, words);
  if (fits?.kind === "words")
    return candidateLines(fits.candidates, words.at(-1) ?? "")
      .map((line) => `${line}\n`)
      .join("");
  const [first = "", second = "", ...more] = words;
  if (more.length > 0) return undefined;
  if (second === "") {
    if (VERSION.includes(first)) return `${version}\n`;
    return HELP.includes(first) || first === "help" ? help[""] : undefined;
  }
  if (first === "help") return named(help, second);
  return HELP.includes(second) ? named(help, first) : undefined;
}

/** What may stand at the cursor of the line that `complete -- PROGRAM WORDS` shows; undefined for another line. */
export function quickFitting({ programs }: Outline, words: readonly string[]): Fitting | undefined {
  const [first, dashes, name = "", ...line] = words;
  const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
  return first === "complete" && dashes === "--" && program !== undefined ? fitting(program, line) : undefined;
}

function named(help: Outline["help"], command: string): string | undefined {
  return command !== "" && Object.hasOwn(help, command) ? help[command] : undefined;
}
