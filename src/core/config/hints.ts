// What an administrator would want to be told of a file that works: said by `check`.

import { type Door, hasClose } from "../door.ts";
import { formatPort, type Port } from "../port.ts";
import { packetsPerSecond } from "../spa/time-budget.ts";
import { commandHints } from "./command-hints.ts";
import type { Config } from "./config.ts";
import { reachHints } from "./reach-hints.ts";

/** From here this machine's own connections leave (Linux's net.ipv4.ip_local_port_range). */
const EPHEMERAL = { from: 32_768, to: 60_999 };
const DAY_MS = 86_400_000;
/** For a phone on a slow network. */
const STEP_MS_MIN = 300;

/** So many are tried for all that an ordinary line of a stranger's brings. */
const KEYS_FEW = 10;
/** Of the shortest packets, on the wire. */
const PACKET_BITS = 2000;

/** Services that let in whoever reaches them, as they are often installed. */
const OPEN_HEARTED: Record<string, string> = {
  "23/tcp": "telnet",
  "111/tcp": "rpcbind",
  "445/tcp": "smb",
  "873/tcp": "rsync",
  "2049/tcp": "nfs",
  "2375/tcp": "docker",
  "5900/tcp": "vnc",
  "6379/tcp": "redis",
  "9200/tcp": "elasticsearch",
  "11211/tcp": "memcached",
  "27017/tcp": "mongodb",
};

/** A hint needs a row here. Each gives one sentence a finding, with its place in the file first. */
const HINTS: readonly ((config: Config) => string[])[] = [
  ({ doors }) => sequencesTwice(doors),
  ({ doors }) => prefixes(doors),
  ({ doors }) => doors.flatMap(ephemeralSteps),
  ({ doors }) => doors.flatMap(shortTimeouts),
  ({ doors }) => doors.flatMap(longGrants),
  ({ doors }) => doors.flatMap(logsOnly),
  ({ doors }) => doors.flatMap(openHearted),
  ({ doors }) => doors.flatMap(reachHints),
  ({ doors }) => doors.flatMap(commandHints),
  allowsEverybody,
  hearsItselfAlone,
  manyKeys,
];

/** Where nobody else's packets come in. */
const LOOPBACK = "lo";

function hearsItselfAlone({ interfaces }: Config): string[] {
  if (interfaces.length === 0 || !interfaces.every((name) => name === LOOPBACK)) return [];
  return [`options.interface: on ${LOOPBACK} nobody's knock is heard but this machine's own`];
}

export function hints(config: Config): string[] {
  return HINTS.flatMap((hint) => hint(config));
}

/** Doors that are earned by sequences which stand in the file, by their knock; the first of several. */
function firstByKnock(doors: readonly Door[]): Map<string, Door> {
  const known = doors
    .filter(({ sequence }) => sequence.length > 0)
    .map((door): [string, Door] => [knockOf(door), door]);
  return new Map(known.reverse());
}

function sequencesTwice(doors: readonly Door[]): string[] {
  const firsts = firstByKnock(doors);
  return doors.flatMap((door) => {
    const first = firsts.get(knockOf(door));
    if (first === undefined || first === door) return [];
    return [`doors.${door.name}.sequence: the same as that of door ${first.name}, so one knock opens both`];
  });
}

function prefixes(doors: readonly Door[]): string[] {
  const firsts = firstByKnock(doors);
  return doors.flatMap((door) =>
    door.sequence.slice(1).flatMap((_, index) => {
      const short = firsts.get(knockOf({ ...door, sequence: door.sequence.slice(0, index + 1) }));
      if (short === undefined) return [];
      return [
        `doors.${door.name}.sequence: begins with the whole one of door ${short.name}, which it opens on its way`,
      ];
    }),
  );
}

/** Where knocks go to, and the steps: two doors with other targets do not hear the same knocks. */
function knockOf({ target, sequence }: Door): string {
  return [target?.join() ?? "", ...sequence.map(formatPort)].join(" ");
}

function ephemeralSteps({ name, sequence }: Door): string[] {
  return [...new Set(sequence.filter(isEphemeral).map(formatPort))].map(
    (port) =>
      `doors.${name}.sequence: ${port} is among the ports of this machine's own connections, use one below ${EPHEMERAL.from}`,
  );
}

function isEphemeral({ protocol, number }: Port): boolean {
  return protocol !== "icmp" && number >= EPHEMERAL.from && number <= EPHEMERAL.to;
}

function shortTimeouts({ name, sequence, seqTimeoutMs }: Door): string[] {
  const pauses = sequence.length - 1;
  if (pauses < 1 || seqTimeoutMs >= pauses * STEP_MS_MIN) return [];
  const text = `${sequence.length} steps within ${seqTimeoutMs / 1000} s leave ${Math.floor(seqTimeoutMs / pauses)} ms between two`;
  return [`doors.${name}.seq_timeout: ${text}, too little for a slow network`];
}

function longGrants(door: Door): string[] {
  if (door.grantMs <= DAY_MS || !(hasClose(door, 4) || hasClose(door, 6))) return [];
  const days = Math.floor(door.grantMs / DAY_MS);
  const time = days === 1 ? "more than a day" : `${days} days`;
  return [`doors.${door.name}.for: ${time} is long: by then the address may be somebody else's`];
}

function logsOnly({ name, open, sets, commands }: Door): string[] {
  const does = [open.length > 0, sets[4], sets[6], commands[4].start, commands[6].start];
  return does.some(Boolean) ? [] : [`doors.${name}: has no open, no set and no start_command, so it only logs`];
}

function openHearted({ name, open }: Door): string[] {
  return open.map(formatPort).flatMap((port) => {
    const service = OPEN_HEARTED[port];
    if (service === undefined) return [];
    return [
      `doors.${name}.open: ${port} is ${service}, which often asks nobody for a password: whoever shares the knocker's address is in`,
    ];
  });
}

function allowsEverybody({ allow, doors }: Config): string[] {
  if (!doors.some(({ open }) => open.length > 0)) return [];
  return allow
    .filter(({ text }) => text.endsWith("/0"))
    .map(({ text, family }) => `options.allow: ${text} is every IPv${family} address, so nothing is hidden from them`);
}

/** There is no name on a packet, so each costs a try of all keys. */
function manyKeys({ keys }: Config): string[] {
  if (keys.length <= KEYS_FEW) return [];
  const packets = packetsPerSecond(keys.length);
  const mbits = Math.round((packets * PACKET_BITS) / 1e6);
  const limit = `some ${packets} packets a second can be tried with ${keys.length} keys`;
  return [
    `keys: ${limit}; in a flood of more (${mbits} Mbit/s) whoever comes from a new network may have to send again`,
  ];
}
