// The host's addresses -> where packets go and from which of our addresses: an interface's, one that was given, or any.

import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { EXIT, Failure } from "../core/exit.ts";
import { LOCAL } from "./options.ts";
import type { Origin, Target } from "./plan.ts";

type Interfaces = ReturnType<typeof networkInterfaces>;

/** Without privileges nothing can be bound to an interface, but everything to its addresses. */
export async function targetsFor(
  addresses: readonly string[],
  origin: Origin,
  interfaces: Interfaces = networkInterfaces(),
): Promise<readonly Target[]> {
  const sources = sourcesOf(origin, interfaces);
  if (sources === undefined) return addresses.map((address) => ({ address, source: undefined }));
  const targets = addresses.flatMap((address): Target[] => {
    const source = sources.find((candidate) => isIPv6(candidate) === isIPv6(address));
    return source === undefined ? [] : [{ address, source }];
  });
  if (targets.length === 0) {
    throw new Failure(
      EXIT.FAILED,
      `cannot knock on ${addresses.join(" and ")} from ${wordsOf(origin)}: another address family`,
    );
  }
  for (const { source } of targets) if (source !== undefined) await ensureOurs(source);
  return targets;
}

/** undefined: whatever the routes say. */
function sourcesOf(origin: Origin, interfaces: Interfaces): readonly string[] | undefined {
  if (origin.source === LOCAL) return undefined;
  if (origin.source !== undefined) return [origin.source];
  if (origin.interface === undefined) return undefined;
  const entries = interfaces[origin.interface];
  if (entries === undefined) {
    const known = Object.keys(interfaces).join(" ");
    throw new Failure(
      EXIT.FAILED,
      `no interface ${JSON.stringify(origin.interface)} that is up and has an address, expected one of ${known}`,
    );
  }
  // A link-local address comes last: it reaches nobody behind a router.
  const isLocal = ({ scopeid = 0 }: { scopeid?: number }): number => (scopeid === 0 ? 0 : 1);
  return [...entries].sort((a, b) => isLocal(a) - isLocal(b)).map(({ address }) => address);
}

function wordsOf(origin: Origin): string {
  return origin.source ?? `the interface ${origin.interface}`;
}

/** Knocks ignore every error, so that one which none of them would survive must be found first. */
async function ensureOurs(address: string): Promise<void> {
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind({ address, port: 0 }, () => resolve());
    });
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? error.code : undefined;
    const why = reason === "EADDRNOTAVAIL" ? "not an address of this machine" : String(error);
    throw new Failure(EXIT.FAILED, `cannot knock from ${JSON.stringify(address)}: ${why}`);
  } finally {
    socket.close();
  }
}
