// What we say to nftables in its own bytes (linux/netfilter/nf_tables.h): look at a table, a set, an element, change elements.
import {
  attributeIn,
  big64,
  FLAG,
  type NetlinkMessage,
  type NetlinkWriter,
  named,
  nameIn,
  numberIn,
} from "../../netlink/netlink-message.ts";

export const NETLINK_NETFILTER = 12;
/** The bit of the group that hears of every change of nftables (NFNLGRP_NFTABLES, 7). */
export const NFTABLES_NEWS = 1 << 6;

const NFNL_SUBSYS_NFTABLES = 10;
const BATCH_BEGIN = 16;
const BATCH_END = 17;
const MESSAGE = {
  NEWTABLE: 0,
  GETTABLE: 1,
  DELTABLE: 2,
  DELCHAIN: 5,
  NEWRULE: 6,
  DELRULE: 8,
  NEWSET: 9,
  GETSET: 10,
  NEWSETELEM: 12,
  GETSETELEM: 13,
  DELSETELEM: 14,
} as const;
const FAMILIES: Record<string, number> = { inet: 1, ip: 2, arp: 3, netdev: 5, bridge: 7, ip6: 10 };
/** struct nfgenmsg: family, version, the number of a resource; in what answers, attributes come after it. */
const FAMILY_HEADER_BYTES = 4;

const SET = { TABLE: 1, NAME: 2, FLAGS: 3, KEY_TYPE: 4, KEY_BYTES: 5 } as const;
const SET_TIMEOUT = 0x10;
/** Whose elements are more than a key and a time: constant, interval, map, object, concatenation. */
const SET_SPECIAL = 0x2 | 0x4 | 0x8 | 0x40 | 0x80;
/** nft's numbers of the types of keys. */
const KEY_TYPES: Record<number, number> = { 4: 7, 16: 8 };
const ELEMENTS = { TABLE: 1, SET: 2, LIST: 3 } as const;
const LIST_ELEMENT = 1;
const ELEMENT = { KEY: 1, TIMEOUT: 4, EXPIRATION: 5 } as const;
const DATA_VALUE = 1;
/** First of all attributes of a table, a chain and a rule. */
const TABLE_NAME = 1;
const TABLE_HANDLE = 4;

/** `inet knockd ssh_ipv4`, in three words. */
export interface SetName {
  readonly family: number;
  readonly table: Uint8Array;
  readonly set: Uint8Array;
}

/** An address as the key of a set: four bytes or sixteen. */
export type Key = Uint8Array;

/** What is done to a key of a set; with a time: it is added for so long. */
export interface Change {
  readonly set: SetName;
  readonly key: Key;
  readonly does: "add" | "delete";
  readonly forMs?: number | undefined;
}

export function setNameOf(words: string): SetName | undefined {
  const [family = "", table = "", set = ""] = words.split(" ");
  const number = FAMILIES[family];
  return number === undefined ? undefined : { family: number, table: named(table), set: named(set) };
}

export function askTable(writer: NetlinkWriter, name: Omit<SetName, "set">, sequence: number): Uint8Array {
  return begun(writer.clear(), MESSAGE.GETTABLE, FLAG.REQUEST, name.family, sequence)
    .attribute(TABLE_NAME, name.table)
    .end()
    .bytes();
}

/** The kernel's number of a table; undefined if this is none. */
export function handleOf(message: NetlinkMessage): string | undefined {
  if (message.type !== typeOf(MESSAGE.NEWTABLE)) return undefined;
  return numberIn(attributeIn(attributesOf(message), TABLE_HANDLE))?.toString();
}

export function askSet(writer: NetlinkWriter, { family, table, set }: SetName, sequence: number): Uint8Array {
  return begun(writer.clear(), MESSAGE.GETSET, FLAG.REQUEST, family, sequence)
    .attribute(SET.TABLE, table)
    .attribute(SET.NAME, set)
    .end()
    .bytes();
}

/** Whether the set takes such a key, for a time, and nothing beside it; undefined if this is no set. */
export function takesKey(message: NetlinkMessage, key: Key): boolean | undefined {
  if (message.type !== typeOf(MESSAGE.NEWSET)) return undefined;
  const attributes = attributesOf(message);
  const flags = numberIn(attributeIn(attributes, SET.FLAGS)) ?? 0;
  const type = numberIn(attributeIn(attributes, SET.KEY_TYPE));
  const length = numberIn(attributeIn(attributes, SET.KEY_BYTES));
  const isPlain = (flags & SET_TIMEOUT) !== 0 && (flags & SET_SPECIAL) === 0;
  return isPlain && length === key.length && type === KEY_TYPES[key.length];
}

export function askElement(writer: NetlinkWriter, name: SetName, key: Key, sequence: number): Uint8Array {
  begun(writer.clear(), MESSAGE.GETSETELEM, FLAG.REQUEST, name.family, sequence);
  writeElement(writer, name, key);
  return writer.end().bytes();
}

/** How long an element has still to live; undefined if this is none with an end. */
export function expiryIn(message: NetlinkMessage): number | undefined {
  if (message.type !== typeOf(MESSAGE.NEWSETELEM)) return undefined;
  const list = attributeIn(attributesOf(message), ELEMENTS.LIST);
  return numberIn(attributeIn(attributeIn(list, LIST_ELEMENT), ELEMENT.EXPIRATION));
}

/**
 * All changes, as one transaction. The kernel answers each that it refuses, with a sequence number from `first` on; and if it
 * has come to the end of them, the last one, whether or not it did that.
 */
export function changeElements(writer: NetlinkWriter, changes: readonly Change[], first: number): Uint8Array {
  writeBatchEdge(writer.clear(), BATCH_BEGIN);
  for (const [number, { set, key, does, forMs }] of changes.entries()) {
    const type = does === "add" ? MESSAGE.NEWSETELEM : MESSAGE.DELSETELEM;
    const answered = number === changes.length - 1 ? FLAG.ACK : 0;
    const flags = FLAG.REQUEST | answered | (does === "add" ? FLAG.CREATE : 0);
    begun(writer, type, flags, set.family, first + number);
    writeElement(writer, set, key, forMs);
    writer.end();
  }
  return writeBatchEdge(writer, BATCH_END).bytes();
}

/** Whether this says that a rule of this table is new, or that one, a chain, or the table itself is gone. */
export function tellsOfRules(message: NetlinkMessage, { family, table }: Pick<SetName, "family" | "table">): boolean {
  const { type, body } = message;
  const { DELTABLE, DELCHAIN, NEWRULE, DELRULE } = MESSAGE;
  if (![DELTABLE, DELCHAIN, NEWRULE, DELRULE].some((change) => typeOf(change) === type)) return false;
  return body[0] === family && nameIn(attributeIn(attributesOf(message), TABLE_NAME)) === nameIn(table);
}

function writeBatchEdge(writer: NetlinkWriter, type: number): NetlinkWriter {
  return writer.begin(type, FLAG.REQUEST, 0).raw(0, 0, 0, NFNL_SUBSYS_NFTABLES).end();
}

/** The expiration says that an element which is there already lives on from now; kernels before 6.12 do not listen to that. */
function writeElement(writer: NetlinkWriter, { table, set }: SetName, key: Key, forMs?: number): void {
  writer.attribute(ELEMENTS.TABLE, table).attribute(ELEMENTS.SET, set);
  writer.nested(ELEMENTS.LIST, () =>
    writer.nested(LIST_ELEMENT, () => {
      writer.nested(ELEMENT.KEY, () => writer.attribute(DATA_VALUE, key));
      if (forMs !== undefined)
        writer.attribute(ELEMENT.TIMEOUT, big64(forMs)).attribute(ELEMENT.EXPIRATION, big64(forMs));
    }),
  );
}

function begun(writer: NetlinkWriter, message: number, flags: number, family: number, sequence: number): NetlinkWriter {
  return writer.begin(typeOf(message), flags, sequence).raw(family, 0, 0, 0);
}

function attributesOf({ body }: NetlinkMessage): Uint8Array {
  return body.subarray(FAMILY_HEADER_BYTES);
}

function typeOf(message: number): number {
  return (NFNL_SUBSYS_NFTABLES << 8) | message;
}
