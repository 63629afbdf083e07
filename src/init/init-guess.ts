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
  /** Where sshd listens for others. BOUNDED: by its configuration. */
  readonly sshPorts: readonly number[];
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
  const [number] = sshPortsOf(around);
  return number === undefined ? undefined : { ...SSH, number };
}

export function isSsh(port: Port, around: Surroundings): boolean {
  const numbers = sshPortsOf(around);
  return (numbers.length === 0 ? [SSH.number] : numbers).some(
    (number) => formatPort(port) === formatPort({ ...SSH, number }),
  );
}

/** By how sure we are: where the session came in, where sshd listens, where it usually does. */
function sshPortsOf(around: Surroundings): number[] {
  if (around.session !== undefined) return [around.session.port];
  if (around.sshPorts.length > 0)
    return around.sshPorts.toSorted((a, b) => Number(b === SSH.number) - Number(a === SSH.number));
  return isUsed(around, SSH) ? [SSH.number] : [];
}

/** From `ss -Hlntp`, and from what systemd says of ssh.socket (`[::]:2222 (Stream)`), which listens for sshd. */
export function sshPortsIn(listening: string, socket: string): number[] {
  const own = [...listening.matchAll(/^LISTEN\s+\d+\s+\d+\s+(\S+):(\d+)\s.*\(\("sshd"/gm)];
  const systemds = [...socket.matchAll(/^Listen=(\S*?):?(\d+) \(Stream\)$/gm)];
  const others = [...own, ...systemds].filter(([, address = ""]) => !/^(127\.|\[::1\])/.test(address));
  return [...new Set(others.map(([, , port]) => Number(port)))];
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
