#!/usr/bin/env node
// Entry of the client: knocks as asked; any error becomes a line on stderr and exit code 1.

import { KnockError } from "./client/error.ts";
import { parseRequest } from "./client/options.ts";
import { resolveHost } from "./client/resolve.ts";
import { sendKnocks } from "./client/send.ts";
import { findSystemService } from "./client/services.ts";
import { USAGE } from "./client/usage.ts";
import { readVersion } from "./version.ts";

// A reader of -v that has gone away must not cut a knock short: half a knock opens nothing.
process.stdout.on("error", () => {});

try {
  process.exitCode = await knock(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof KnockError)) throw error;
  process.stderr.write(`knock: ${error.message}\n`);
  if (error.hint !== undefined) process.stderr.write(`knock: hint: ${error.hint}\n`);
  process.exitCode = 1;
}

async function knock(argv: readonly string[]): Promise<0 | 1> {
  const request = parseRequest(argv, findSystemService);
  if (request.wants === "help") {
    process.stdout.write(USAGE);
    return 1; // Scripts that were written for the C client see its exit code.
  }
  if (request.wants === "version") {
    process.stdout.write(`knock ${readVersion()}\n`);
    return 0;
  }
  if (request.wants === "ports") {
    process.stderr.write(USAGE);
    return 1;
  }
  const address = await resolveHost(request.host, request.family);
  await sendKnocks(request, address, (line) => process.stdout.write(`${line}\n`));
  return 0;
}
