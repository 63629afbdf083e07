// The rules of our own iptables chains: what is hidden, and who is let through.
import { type Family, familyOfText } from "../../../core/address.ts";
import type { Network } from "../../../core/config/config.ts";
import type { Door } from "../../../core/door.ts";
import { leadsOn, type Opening } from "../../../core/opening.ts";

/** ipset's limit on a name. */
const SET_NAME_MAX = 31;

/** Connections older than the connection tracking; see the nftables back-end. */
export const OLDER_SESSIONS = "-p tcp --tcp-flags SYN,ACK ACK -m socket -j RETURN";

/** RETURN leaves a packet to the administrator's rules; the knocker alone is accepted, whatever they say. */
export function inputRules(
  doors: readonly Door[],
  allow: readonly Network[],
  family: Family,
  sessions: readonly string[],
): string[] {
  return [
    // What came in through a door goes on, also where the administrator's own rules would drop the rest of a connection.
    ...hiddenPorts(doors).flatMap(({ protocol, ports }) => [`${established(protocol)} ${ports} -j ACCEPT`]),
    ...(["tcp", "udp"] as const).map((protocol) => `${established(protocol)} -j RETURN`),
    "-i lo -j RETURN",
    ...sessions,
    ...allowedRules(allow, family),
    ...doors.flatMap((door) =>
      door.open
        .filter((opening) => !leadsOn(opening))
        .flatMap((opening) => knockers(door, family).map((knocker) => `${match(opening)} ${knocker} -j ACCEPT`)),
    ),
    ...new Set(doors.flatMap((door) => door.open.map((opening) => `${match(opening)} -j DROP`))),
  ];
}

/** A match takes 15 ports at a time. */
const MULTIPORT_MAX = 15;

function hiddenPorts(doors: readonly Door[]): { protocol: "tcp" | "udp"; ports: string }[] {
  return (["tcp", "udp"] as const).flatMap((protocol) => {
    const own = doors.flatMap((door) =>
      door.open.filter((opening) => !leadsOn(opening) && opening.protocol === protocol),
    );
    const numbers = [...new Set(own.map(({ number }) => number))];
    const groups = Array.from({ length: Math.ceil(numbers.length / MULTIPORT_MAX) }, (_, group) =>
      numbers.slice(group * MULTIPORT_MAX, (group + 1) * MULTIPORT_MAX),
    );
    return groups.map((group) => ({ protocol, ports: `-m multiport --dports ${group.join(",")}` }));
  });
}

/** A SYN is never part of a connection, whatever the tracking says: it may still believe in one whose end it did not see. */
function established(protocol: "tcp" | "udp"): string {
  const notFirst = protocol === "tcp" ? " ! --tcp-flags SYN,ACK SYN" : "";
  return `-p ${protocol}${notFirst} -m conntrack --ctstate ESTABLISHED,RELATED`;
}

export function allowedRules(allow: readonly Network[], family: Family): string[] {
  return allow.filter((network) => network.family === family).map((network) => `-s ${network.text} -j RETURN`);
}

export function match({ protocol, number }: Opening): string {
  return `-p ${protocol} -m ${protocol} --dport ${number}`;
}

export function knockers(door: Door, family: Family): string[] {
  return setsFor(door, family).map(({ name }) => `-m set --match-set ${name} src`);
}

/** Our sets of a door: one for addresses, and where keys open networks another one for those. */
export function setsFor(door: Door, family: Family): { readonly name: string; readonly kind: string }[] {
  const networks = { name: setName(door, `${family}n`), kind: "hash:net" };
  return [
    { name: setName(door, `${family}`), kind: "hash:ip" },
    ...(door.prefixes[family].length > 0 ? [networks] : []),
  ];
}

/** Our set that takes this address or network. */
export function ownSet(door: Door, ip: string): string {
  const family = familyOfText(ip);
  return setName(door, ip.includes("/") ? `${family}n` : `${family}`);
}

/** `ssh` -> `knockd-ssh-4`; a long name keeps its end apart by a checksum. */
function setName(door: Door, what: `${Family}` | `${Family}n`): string {
  const name = `knockd-${door.name}-${what}`;
  if (name.length <= SET_NAME_MAX) return name;
  const checksum = [...door.name].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 0) >>> 0;
  const tail = `-${checksum.toString(36)}-${what}`;
  return name.slice(0, SET_NAME_MAX - tail.length) + tail;
}
