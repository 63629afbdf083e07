// A QR code in the terminal.
import { renderUnicodeCompact } from "uqr";
import { isTerminal } from "../io/terminal.ts";

/** On a terminal white on black whatever its colours are, for not every app reads a code that is black for white. */
export function drawnCode(text: string): string {
  const code = renderUnicodeCompact(text, { border: 2 });
  if (!isTerminal()) return code;
  return code
    .split("\n")
    .map((line) => `\u001b[97;40m${line}\u001b[0m`)
    .join("\n");
}
