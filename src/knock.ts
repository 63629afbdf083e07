#!/usr/bin/env node

// Entry of the client: knocks as asked; any error becomes lines on stderr and exit code 1.
// What only some runs need is loaded when they need it: a plain knock shall leave at once.

import "./no-debugger.ts";
import { type Choices, parseRequest, type Request } from "./client/options.ts";
import { run } from "./client/perform.ts";
import { DOUBTS, type Plan } from "./client/plan.ts";
import { findSystemService } from "./client/service-names.ts";
import { EXIT, Failure } from "./core/exit.ts";
import { printable } from "./core/text/printable.ts";
import { readVersion } from "./version.ts";

const WAIT_MS = 10_000;

// A reader of -v that has gone away must not cut a knock short: half a knock opens nothing.
process.stdout.on("error", () => {});

try {
  process.exitCode = await knock(parseRequest(process.argv.slice(2), findSystemService));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  for (const line of error.message.split("\n")) process.stderr.write(`knock: ${printable(line)}\n`);
  if (error.hint !== undefined) process.stderr.write(`knock: hint: ${printable(error.hint)}\n`);
  process.exitCode = EXIT.FAILED;
}

async function knock(request: Request): Promise<0 | 1> {
  switch (request.wants) {
    case "knocks":
      return await carryOut(planOf(request), request);
    case "profile":
      return await carryOut(await (await import("./client/profile.ts")).planOfProfile(request), request);
    case "list":
      return sayAll((await import("./client/list.ts")).listProfiles());
    case "import": {
      const { importProfile } = await import("./client/share.ts");
      return sayAll([importProfile(request.text, request.as, findSystemService)]);
    }
    case "export":
      return sayAll((await import("./client/share.ts")).exportProfile(request.name));
    case "version":
      return sayAll([`knock ${readVersion()}`]);
    case "help":
      say(await help());
      return 1; // Scripts that were written for the C client see its exit code.
    case "usage":
      process.stderr.write(`${await help()}\n`);
      return 1;
  }
}

async function help(): Promise<string> {
  return (await import("./client/usage.ts")).usage();
}

/** No plan: a word alone, and no profiles that it could be one of. */
async function carryOut(plan: Plan | undefined, { verbose, print }: Choices): Promise<0 | 1> {
  if (plan === undefined) return await knock({ wants: "usage" });
  await run(plan, { verbose, print, say });
  return 0;
}

function planOf({ host, ports, delayMs = 0, waitPort, waitMs = WAIT_MS, ...how }: Request & { wants: "knocks" }): Plan {
  return {
    host,
    family: how.family,
    sends: { by: "knocks", ports, delayMs },
    origin: { interface: how.interface, source: how.source },
    wait: waitPort === undefined ? undefined : { port: waitPort, forMs: waitMs },
    doubt: DOUBTS.knocks,
  };
}

function sayAll(lines: readonly string[]): 0 {
  for (const line of lines) say(line);
  return 0;
}

function say(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}
