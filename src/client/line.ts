// A sequence to hand on, as a command line of the C client: knock -d 300 host 7000 8000:udp

import { EXIT, Failure } from "../core/exit.ts";
import type { Port } from "../core/port.ts";
import { masked } from "../core/text/masked.ts";
import { parseRequest } from "./options.ts";
import type { FindService } from "./target.ts";
import type { Shared } from "./uri.ts";

export function formatLine({ host, ports, delayMs, family }: Shared): string {
  const options = [...(family === 0 ? [] : [`-${family}`]), ...(delayMs === 0 ? [] : ["-d", String(delayMs)])];
  return ["knock", ...options, host, ...ports.map(target)].join(" ");
}

export function parseLine(line: string, findService: FindService): Shared {
  const [program = "", ...argv] = line.trim().split(/\s+/);
  const request = /^(.*\/)?knock$/.test(program) ? requestOf(argv, findService) : undefined;
  if (request?.wants !== "knocks") {
    throw new Failure(
      EXIT.FAILED,
      `expected "knock://..." or "knock HOST PORT...", got ${JSON.stringify(masked(line))}`,
    );
  }
  const { host, ports, delayMs = 0, family, waitPort } = request;
  return { name: undefined, host, ports, delayMs, family, wait: waitPort };
}

/** A line from elsewhere may hold a key, which no message repeats. */
function requestOf(argv: readonly string[], findService: FindService): ReturnType<typeof parseRequest> {
  try {
    return parseRequest(argv, findService);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, masked(error.message), error.hint);
  }
}

/** The C client takes a colon only. */
function target({ protocol, number }: Port): string {
  return protocol === "tcp" ? String(number) : `${number}:${protocol}`;
}
