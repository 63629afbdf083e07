// A file of one-time sequences, in knockd's format: one a line, a used line begins with #.
import { STEPS_MAX } from "./door.ts";
import { type Port, parsePort } from "./port.ts";

export interface OneTimeSequence {
  readonly sequence: readonly Port[];
  /** Byte offset of the line in the file, where a # strikes it out. */
  readonly offset: number;
}

/** BOUNDED: bytes of such a file. */
export const ONE_TIME_BYTES_MAX = 1024 * 1024;

/** The unused sequences in order. Empty, struck and unreadable lines are skipped; the latter are counted. */
export function parseOneTime(bytes: Uint8Array): { sequences: OneTimeSequence[]; unreadable: number } {
  const sequences: OneTimeSequence[] = [];
  let unreadable = 0;
  for (let offset = 0; offset < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, offset);
    const end = newline === -1 ? bytes.length : newline;
    const line = new TextDecoder("latin1").decode(bytes.subarray(offset, end));
    if (line.trim() !== "" && !line.trimStart().startsWith("#")) {
      const sequence = parseLine(line);
      if (sequence === undefined) unreadable++;
      else sequences.push({ sequence, offset });
    }
    offset = end + 1;
  }
  return { sequences, unreadable };
}

function parseLine(line: string): Port[] | undefined {
  try {
    const sequence = line.split(",").map(parsePort);
    return sequence.length <= STEPS_MAX ? sequence : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
