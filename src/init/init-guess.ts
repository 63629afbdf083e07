// What a machine suggests as answers to `knockd init`: where its administrator has come in is where knocks will come in.
import { formatAddress, parseAddress } from "../core/address.ts";
import { suggestSequence } from "../core/config/suggest.ts";
import { formatPort, type Port, portKey } from "../core/port.ts";
import { readSteps } from "./init-answers.ts";
import type { SshSession } from "./ssh-session.ts";

export interface Surroundings {
  readonly session: SshSession | undefined;
  /** All but loopback. */
  readonly links: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  readonly ofDefaultRoute: string | undefined;
  /** Keys of ports. BOUNDED: by the ports of this machine. */
  readonly inUse: ReadonlySet<number>;
}

export const ALL_LINKS = "any";
const SSH: Port = { protocol: "tcp", number: 22 };

export function guessInterface({ session, links, ofDefaultRoute }: Surroundings): string {
  const entered = links.find(({ addresses }) => addresses.some((text) => canonical(text) === session?.local));
  return entered?.name ?? ofDefaultRoute ?? ALL_LINKS;
}

/** sshd's, if it is known where that listens. */
export function guessPort(around: Surroundings): Port | undefined {
  if (around.session !== undefined) return { ...SSH, number: around.session.port };
  return isUsed(around, SSH) ? SSH : undefined;
}

export function isSsh(port: Port, { session }: Surroundings): boolean {
  return formatPort(port) === formatPort({ ...SSH, number: session?.port ?? SSH.number });
}

/** A step on a port that is used would be touched by its users, too. `random` gives 0 to 1. */
export function guessSteps(around: Surroundings, hidden: Port, random: () => number): readonly Port[] {
  for (;;) {
    const steps = readSteps(suggestSequence(random), { ...hidden, number: 0 });
    if (!steps.some((step) => isUsed(around, step) || formatPort(step) === formatPort(hidden))) return steps;
  }
}

/** Where knocks have to go: to where the session came, else to an address of the interface's own. */
export function guessHost({ session, links }: Surroundings, name: string): string | undefined {
  const own = links.filter((link) => name === ALL_LINKS || link.name === name).flatMap(({ addresses }) => addresses);
  return own.find((text) => canonical(text) === session?.local) ?? own[0];
}

export function isUsed({ inUse }: Surroundings, { protocol, number }: Port): boolean {
  return inUse.has(portKey(protocol, number));
}

function canonical(text: string): string | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}
