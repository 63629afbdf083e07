// Everything a command writes to the terminal passes here.
import { printable } from "../core/text/printable.ts";
import { paint, type Tone } from "./colour.ts";

/** Of a terminal that does not tell its size (serial lines say 0). */
const WIDTH = 80;
const HEIGHT = 24;

export function print(line: string): void {
  wipeProgress();
  process.stdout.write(`${shown(line)}\n`);
}

/** Without a newline of its own: a question, or a whole file. */
export function printPart(text: string): void {
  wipeProgress();
  process.stdout.write(shown(text));
}

/** For words that go to stdout; never for JSON. */
export function painted(tone: Tone | undefined, text: string): string {
  return tone === undefined ? text : paint(tone, text, process.stdout);
}

/** Each line of the message becomes one of `knockd: ...` on stderr. */
export function printError(message: string): void {
  sayLines(paint("bad", "knockd:", process.stderr), message);
}

export function hint(message: string): void {
  sayLines(`knockd: ${paint("doubtful", "hint:", process.stderr)}`, message);
}

function sayLines(head: string, message: string): void {
  wipeProgress();
  for (const line of message.split("\n")) process.stderr.write(`${head} ${printable(line)}\n`);
}

/** The colours of colour.ts, and of codes to scan. Whatever else begins with an escape is somebody else's. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape begins each of them.
const OUR_COLOURS = /(\u001b\[(?:0|1|22|3[1-3]|39|97;40)m)/;

function shown(text: string): string {
  return text
    .split(OUR_COLOURS)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join("");
}

let isProgressShown = false;

/** How far we are, for who sits before it: one line on stderr, gone with the next one that is printed. */
export function showProgress(text: string): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r${`knockd: ${printable(text)}`.slice(0, process.stderr.columns || WIDTH)}${CLEAR_LINE}`);
  isProgressShown = true;
}

export function wipeProgress(): void {
  if (isProgressShown) process.stderr.write(`\r${CLEAR_LINE}`);
  isProgressShown = false;
}

export function isTerminal(): boolean {
  return process.stdout.isTTY;
}

/** ECMA-48: to the first cell, to the end of a line, to the end of the screen. */
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_REST = "\x1b[J";

/** The screen shows these lines, or as many as it has room for, and nothing else; without the flicker of an empty one. */
export function redraw(lines: readonly string[], paintLine: (line: string) => string): void {
  const [rows, columns] = [process.stdout.rows || HEIGHT, process.stdout.columns || WIDTH];
  const shown = lines.slice(0, rows - 1).map((line) => printable(line).slice(0, columns));
  if (shown.length < lines.length) shown.splice(-1, 1, `... and ${lines.length - shown.length + 1} more lines`);
  process.stdout.write(`${HOME}${shown.map((line) => `${paintLine(line)}${CLEAR_LINE}\n`).join("")}${CLEAR_REST}`);
}
