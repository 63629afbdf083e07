// The bytes of a knockd.conf -> lines as knockd reads them: fgets into 4096 bytes, C strings.
import type { Say } from "./note.ts";

/** What fgets takes at once, the newline included. */
const READ_MAX = 4095;
const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

export interface Line {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

export function knockdLines(bytes: Uint8Array, say: Say): Line[] {
  const lines: Line[] = [];
  const marked = BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte);
  if (marked) say(1, "begins with a byte order mark, which knockd would not take; left out");
  let line = 1;
  for (let start = marked ? BYTE_ORDER_MARK.length : 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const whole = newline === -1 ? bytes.length : newline + 1;
    const end = Math.min(whole, start + READ_MAX);
    if (end < whole)
      say(line, `longer than ${READ_MAX - 1} bytes, so knockd takes the rest of it for a line of its own`);
    lines.push({ line, text: decode(bytes.subarray(start, end), line, say) });
    if (end === newline + 1) line++;
    start = end;
  }
  return lines;
}

function decode(bytes: Uint8Array, line: number, say: Say): string {
  const zero = bytes.indexOf(0);
  if (zero !== -1) say(line, "a zero byte, behind which knockd reads nothing; left out");
  const text = zero === -1 ? bytes : bytes.subarray(0, zero);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(text);
  } catch {
    const latin = new TextDecoder("latin1").decode(text);
    // knockd hands on bytes; a YAML file is UTF-8, and so is what our commands are given.
    if (!latin.trimStart().startsWith("#")) say(line, "not UTF-8, taken for latin1 and written as UTF-8");
    return latin;
  }
}
