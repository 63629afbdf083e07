// The host's name -> its addresses, one of each family, asked for once, so that all packets of a knock go to one machine.

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { EXIT, Failure } from "../core/exit.ts";
import type { Family } from "./options.ts";

/** Nobody knows by which family the connection after the knock will come, so both are knocked on, unless told otherwise. */
export async function resolveHost(host: string, family: Family): Promise<readonly string[]> {
  const literal = isIP(host);
  if (literal !== 0 && family !== 0 && literal !== family) {
    throw new Failure(EXIT.FAILED, `cannot resolve ${JSON.stringify(host)}: not an IPv${family} address`);
  }
  // An address stays as it was written: with its zone (fe80::1%eth0), which a look-up would lose.
  if (literal !== 0) return [host];
  try {
    const found = await lookup(host, { family, verbatim: true, all: true });
    const firsts = [4, 6].flatMap((wanted) => found.find((entry) => entry.family === wanted) ?? []);
    return firsts.sort((a, b) => found.indexOf(a) - found.indexOf(b)).map(({ address }) => address);
  } catch (error) {
    throw new Failure(EXIT.FAILED, `cannot resolve ${JSON.stringify(host)}: ${reasonOf(error, family)}`);
  }
}

function reasonOf(error: unknown, family: Family): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : undefined;
  if (code === "ENOTFOUND") return family === 0 ? "no such host" : `no such host with an IPv${family} address`;
  if (code === "EAI_AGAIN") return "temporary failure in name resolution";
  return error.message;
}
