// The real pino, writing into memory.
import pino from "pino";
import type { Log } from "../../src/io/log/log.ts";

export interface Line {
  readonly level: number;
  readonly msg: string;
  readonly event?: string;
  readonly door?: string;
  readonly ip?: string;
}

export function memoryLog(): { log: Log; lines: Line[]; messages: () => string[] } {
  const lines: Line[] = [];
  const log = pino({ level: "debug", base: null }, { write: (line) => void lines.push(JSON.parse(line)) });
  return { log, lines, messages: () => lines.map(({ msg }) => msg) };
}
