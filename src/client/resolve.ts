// The host's name -> one address, asked for once, so that all packets of a knock go to the same machine.

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { KnockError } from "./error.ts";
import type { Family } from "./options.ts";

export async function resolveHost(host: string, family: Family): Promise<string> {
  const literal = isIP(host);
  if (literal !== 0 && family !== 0 && literal !== family) {
    throw new KnockError(`cannot resolve ${JSON.stringify(host)}: not an IPv${family} address`);
  }
  // An address stays as it was written: with its zone (fe80::1%eth0), which a look-up would lose.
  if (literal !== 0) return host;
  try {
    const { address } = await lookup(host, { family, verbatim: true });
    return address;
  } catch (error) {
    throw new KnockError(`cannot resolve ${JSON.stringify(host)}: ${reasonOf(error, family)}`);
  }
}

function reasonOf(error: unknown, family: Family): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : undefined;
  if (code === "ENOTFOUND") return family === 0 ? "no such host" : `no such host with an IPv${family} address`;
  if (code === "EAI_AGAIN") return "temporary failure in name resolution";
  return error.message;
}
