// A key: who may send signed packets, how they are made, and which doors they open.
import type { Family } from "../address.ts";
import type { CipherMode, DigestKind } from "./crypto.ts";

/**
 * Whom a packet lets in. `match`: the address in the packet, which must also be its sender's; `sender`: whoever sent it;
 * `embedded`: the address in the packet, whoever sent it.
 */
export const ADDRESS_SOURCES = ["match", "sender", "embedded"] as const;
export type AddressSource = (typeof ADDRESS_SOURCES)[number];

/** What is refused unless a key says so: weak digests, the derivation of old clients, packets without a signature. */
export const LEGACY = ["md5", "sha1", "legacy-iv", "no-hmac"] as const;
export type Legacy = (typeof LEGACY)[number];

/** BOUNDED: keys in one config. There is no name on the wire: a packet of a stranger is tried with each of them. */
export const KEYS_MAX = 64;

export interface Expiry {
  /** `2027-06-30`, in UTC: on that day it still opens. */
  readonly lastDay: string;
  /** The first moment at which it does not, in milliseconds since 1970. */
  readonly atMs: number;
}

/** A key as the config has it. */
export interface KeyRule {
  readonly name: string;
  readonly file: string;
  readonly expires?: Expiry;
  /** By name, in the order in which they are asked for a port. */
  readonly doors: readonly string[];
  readonly source: AddressSource;
  /** Opens the network of so many bits that the address is in, for those who share an address with others. */
  readonly prefixes: Partial<Record<Family, number>>;
  readonly hmac: DigestKind;
  readonly mode: CipherMode;
  readonly legacy: readonly Legacy[];
}

/** The secrets of a key's file. */
export interface KeySecrets {
  /** 1 to 32 bytes. */
  readonly key: Uint8Array;
  /** 1 to 128 bytes. */
  readonly hmacKey?: Uint8Array | undefined;
}

export type Key = KeyRule & KeySecrets;
