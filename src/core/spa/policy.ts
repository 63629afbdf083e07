// What an opened packet may have: the rules of its key, the same on every path. Either all that it asks for, or nothing.
import { type Address, familyOf, formatAddress, parseNetwork, sameAddress } from "../address.ts";
import type { Door } from "../door.ts";
import { formatPort, type Port } from "../port.ts";
import type { Earned } from "../way.ts";
import type { Key } from "./key.ts";
import { leadingDoors } from "./nat.ts";
import type { Opened } from "./open-packet.ts";
import type { Refusal } from "./refusal.ts";
import type { SpaRequest } from "./request.ts";

export interface Circumstances {
  /** Who sent it, as far as the packet says. */
  readonly sender: Address;
  /** The wall clock when it was seen. */
  readonly nowMs: number;
  readonly maxAgeMs: number;
  /** Those that listen where the packet went. */
  readonly doors: readonly Door[];
}

const ANYBODY = 0;

export function judge(
  { key, request }: Opened,
  { sender, nowMs, maxAgeMs, doors }: Circumstances,
): readonly Earned[] | Refusal {
  if (key.expires !== undefined && nowMs >= key.expires.atMs) {
    return { reason: "expired", key: key.name, lastDay: key.expires.lastDay };
  }
  const aheadMs = request.timeMs - nowMs;
  if (Math.abs(aheadMs) > maxAgeMs) {
    return { reason: "clock", key: key.name, aheadS: Math.round(aheadMs / 1000), maxS: maxAgeMs / 1000 };
  }
  if (request.kind === "command") return { reason: "command", key: key.name };
  const address = addressFor(key, request, sender);
  if ("reason" in address) return address;
  const own = key.doors.flatMap((name) => doors.find((door) => door.name === name) ?? []);
  const { nat, ports } = request;
  const asked = nat === undefined ? doorsFor(ports, key, own) : leadingDoors({ nat, ports }, key, own);
  if ("reason" in asked) return asked;
  return asked.map((door) => ({
    door,
    ip: textFor(address, key),
    terms: { earnedBy: "packet", key: key.name, durationMs: durationMsFor(door, request.timeoutMs) },
  }));
}

function addressFor(key: Key, { address: embedded }: SpaRequest, sender: Address): Address | Refusal {
  if (key.source === "sender" || embedded === undefined) return isHost(sender) ? sender : noHost(key, sender);
  // 0.0.0.0 means "whoever sends this": held back, it would let in whoever holds it.
  if (!isHost(embedded)) return noHost(key, embedded);
  if (key.source === "embedded" || sameAddress(embedded, sender)) return embedded;
  return { reason: "address", key: key.name, embedded: formatAddress(embedded), sender: formatAddress(sender) };
}

function noHost(key: Key, address: Address): Refusal {
  return { reason: "no-host", key: key.name, address: formatAddress(address) };
}

/** Not "this network", loopback, multicast, reserved or broadcast (RFC 6890); of IPv6, only global and private unicast. */
function isHost(address: Address): boolean {
  const first = (familyOf(address) === 4 ? (address[3] ?? 0) : (address[0] ?? 0)) >>> 24;
  return familyOf(address) === 4 ? first !== ANYBODY && first !== 127 && first < 224 : first !== ANYBODY && first < 255;
}

/** The first door of the key's own list that opens the port; the whole request is refused for one port that none opens. */
function doorsFor(ports: readonly Port[], key: Key, own: readonly Door[]): readonly Door[] | Refusal {
  const found = new Set<Door>();
  for (const port of ports.map(formatPort)) {
    const door = own.find(({ spaPorts }) => spaPorts.some((other) => formatPort(other) === port));
    if (door === undefined) return { reason: "port", key: key.name, port };
    found.add(door);
  }
  return [...found];
}

/** A client may shorten; it may lengthen up to what the door allows. 0 is fwknop's word for "no wish". */
function durationMsFor({ grantMs, maxGrantMs }: Door, timeoutMs: number | undefined): number {
  return timeoutMs === undefined || timeoutMs === 0 ? grantMs : Math.min(timeoutMs, maxGrantMs);
}

function textFor(address: Address, { prefixes }: Key): string {
  const family = familyOf(address);
  const bits = prefixes[family];
  const text = formatAddress(address);
  if (bits === undefined || bits >= (family === 4 ? 32 : 128)) return text;
  return parseNetwork(`${text}/${bits}`)?.text ?? text;
}
