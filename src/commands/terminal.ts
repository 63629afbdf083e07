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
