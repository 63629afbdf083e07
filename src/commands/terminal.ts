// Everything a command writes to the terminal passes here.

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Each line of the message becomes one of `knockd: ...` on stderr. */
export function printError(message: string): void {
  for (const line of message.split("\n")) process.stderr.write(`knockd: ${line}\n`);
}

export function hint(message: string): void {
  printError(`hint: ${message}`);
}

export function isTerminal(): boolean {
  return process.stdout.isTTY;
}

/** ECMA-48: to the first cell, to the end of a line, to the end of the screen. */
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_REST = "\x1b[J";

/** The screen shows these lines, or as many as it has room for, and nothing else; without the flicker of an empty one. */
export function redraw(lines: readonly string[]): void {
  const { rows, columns } = process.stdout;
  const shown = lines.slice(0, rows - 1).map((line) => line.slice(0, columns));
  if (shown.length < lines.length) shown.splice(-1, 1, `... and ${lines.length - shown.length + 1} more lines`);
  process.stdout.write(`${HOME}${shown.map((line) => `${line}${CLEAR_LINE}\n`).join("")}${CLEAR_REST}`);
}
