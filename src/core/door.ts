// A door: how it is earned, and what happens when somebody has earned it.
import type { Address, Family } from "./address.ts";
import { type GatewayOpening, type Opening, serves } from "./opening.ts";
import type { Port } from "./port.ts";
import type { FlagRule } from "./tcp-flags.ts";

/** knockd's limit. */
export const STEPS_MAX = 32;

/** The administrator's own text for /bin/sh -c, or an argv that runs without a shell. */
export type Command = ({ readonly shell: string } | { readonly argv: readonly string[] }) & {
  /** none: as a user who may do nothing. Otherwise with what the daemon may do. */
  readonly privileges?: "none" | undefined;
};

/** What runs for a knocker of one address family; a `stop` without a `start` does not exist (as in knockd). */
export interface Commands {
  readonly start?: Command;
  readonly stop?: Command;
}

/** How a door is earned by the code of an authenticator app. */
export interface CodeRule {
  readonly secretFile: string;
  /** The first of the range; each two digits have a hundred ports. */
  readonly firstPort: number;
  readonly digits: 6 | 8;
  /** The sequence has to come first; otherwise either of the two opens. */
  readonly afterSequence: boolean;
}

export interface Door {
  readonly name: string;
  /** 1 to STEPS_MAX ports in order; empty while a file of one-time sequences has none left. */
  readonly sequence: readonly Port[];
  /** Path of a file of sequences, each good once. */
  readonly oneTimeSequences?: string;
  /** From the first knock to the last; the last must come earlier than this. */
  readonly seqTimeoutMs: number;
  /** After an opening, the door hears nobody for so long. */
  readonly seqCooldownMs: number;
  readonly tcpflags: FlagRule;
  /** Knocks must go to this address instead of the interface's own. */
  readonly target?: Address;
  /** Hidden from everyone, open for the knocker. */
  readonly open: readonly Opening[];
  /** The administrator's own sets that take the knocker's address, by family. */
  readonly sets: Partial<Record<Family, string>>;
  /** How long a grant lasts. */
  readonly grantMs: number;
  /** The ports by which a signed packet may ask for this door; none: it is not earned that way. */
  readonly spaPorts: readonly Port[];
  /** Where a signed packet may ask to be led, of what the door opens; none unless the door says so. */
  readonly natOpenings: readonly GatewayOpening[];
  readonly totp?: CodeRule;
  /** How long a grant may last whose time the knocker asks for. */
  readonly maxGrantMs: number;
  /** How many bits the networks have that keys may open here, if any do. */
  readonly prefixes: Record<Family, readonly number[]>;
  readonly commands: Record<Family, Commands>;
}

/** Whether something of this door must be undone for a knocker of this family. */
export function hasClose(door: Door, family: Family): boolean {
  return usesFirewall(door, family) || door.commands[family].stop !== undefined;
}

export function usesFirewall(door: Door, family: Family): boolean {
  return opensFor(door, family) || door.sets[family] !== undefined;
}

export function opensFor(door: Door, family: Family): boolean {
  return door.open.some((opening) => serves(opening, family));
}

/** What earns a door: an attempt under way goes on when a reload changes only the rest, such as how long the door stays open. */
export function earningOf(door: Door) {
  const { name, sequence, oneTimeSequences, seqTimeoutMs, seqCooldownMs, tcpflags, target, totp } = door;
  return { name, sequence, oneTimeSequences, seqTimeoutMs, seqCooldownMs, tcpflags, target, totp };
}
