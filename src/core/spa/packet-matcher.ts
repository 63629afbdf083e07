// The second way to earn a door, beside match.ts: one signed packet. Which doors it earns, or why it earns none.
import { type Address, type AddressSet, sameAddress } from "../address.ts";
import type { Door } from "../door.ts";
import type { Frame, Knock } from "../frame.ts";
import type { Remembered } from "../once.ts";
import type { Report } from "../report.ts";
import type { Earn, Earned, Seen, Way } from "../way.ts";
import type { Key } from "./key.ts";
import { open, type PreparedKey, possibleLengths, prepare } from "./open-packet.ts";
import type { PacketFinding } from "./packet-finding.ts";
import { judge } from "./policy.ts";
import type { Refusal } from "./refusal.ts";

/** The memory of packets that have opened something. */
export interface UsedPackets {
  has(fingerprint: string): boolean;
  mayHaveForgotten(timeMs: number): boolean;
  /** False: there is no room, and the packet must be refused. */
  add(packet: Remembered, nowMs: number, maxAgeMs: number): boolean;
}

export interface PacketRules {
  /** Without any, nothing is looked at. */
  readonly keys: readonly Key[];
  /** Of UDP. */
  readonly spaPort: number;
  /** How far a sender's clock may be from ours, either way. */
  readonly spaMaxAgeMs: number;
  readonly doors: readonly Door[];
}

/**
 * BOUNDED: signatures tried in a second, of 2 to 3 µs each: what a flood of well-formed packets may cost, so that it takes no time
 * from closing doors or from knocks. 64 keys are tried for 2,300 packets a second, ten for 15,000.
 */
const TRIES_PER_SECOND = 150_000;
/** Deciphering, which a key without a signature needs, takes as long as so many signatures. */
const UNSIGNED_TRIES = 8;

const NOTHING: readonly Earned[] = [];

interface Accepted {
  readonly key: string;
  readonly earned: readonly Earned[];
}

export class PacketMatcher implements Way<PacketRules> {
  readonly #report: Report<PacketFinding>;
  readonly #used: UsedPackets;
  #rules: PacketRules = { keys: [], spaPort: 0, spaMaxAgeMs: 0, doors: [] };
  /** Where a packet may go that is not for this machine. BOUNDED: by the doors. */
  #targets: readonly Address[] = [];
  #lengths: ReadonlySet<number> = new Set();
  #prepared: readonly PreparedKey[] = [];
  #triesPerPacket = 0;
  #triesLeft = TRIES_PER_SECOND;
  #triesAtMs = 0;

  constructor({ report, usedPackets }: { report: Report<PacketFinding>; usedPackets: UsedPackets }) {
    this.#report = report;
    this.#used = usedPackets;
  }

  apply(rules: PacketRules): void {
    const { keys } = rules;
    const doors = rules.doors.filter(({ spaPorts }) => spaPorts.length > 0);
    this.#rules = { ...rules, doors };
    this.#targets = doors.flatMap(({ target }) => target ?? []);
    this.#lengths = possibleLengths(keys);
    this.#prepared = prepare(keys);
    this.#triesPerPacket = keys.reduce((sum, key) => sum + (key.hmacKey === undefined ? UNSIGNED_TRIES : 1), 0);
  }

  see({ frame, knock, local, nowMs }: Seen, earn: Earn): void {
    for (const earned of this.accept(frame, knock, local, nowMs)) earn(earned);
  }

  /** Nothing of a packet is kept but its use. */
  sweep(): void {}

  /**
   * The doors that this packet earns, usually none. `local` holds the addresses that the interface has now; `nowMs` is
   * monotonic. The age of a packet is reckoned from the time of its frame, on the wall clock.
   */
  accept(frame: Frame, knock: Knock, local: Pick<AddressSet, "has">, nowMs: number): readonly Earned[] {
    if (knock.port !== this.#rules.spaPort || knock.protocol !== "udp" || this.#rules.keys.length === 0) return NOTHING;
    const isLocal = local.has(knock.destination);
    if (!isLocal && !this.#targets.some((target) => sameAddress(target, knock.destination))) return NOTHING;
    const verdict = this.#judge(frame, knock, isLocal, nowMs);
    this.#report.begins(knock, "packet", nowMs);
    if ("reason" in verdict) this.#report.found({ way: "packet", what: "refused", refusal: verdict });
    else this.#report.found({ way: "packet", what: "accepted", ...verdict });
    this.#report.ends();
    return "reason" in verdict ? NOTHING : verdict.earned;
  }

  #judge({ bytes, timeMs }: Frame, knock: Knock, isLocal: boolean, nowMs: number): Accepted | Refusal {
    // Most of what is no packet ends here, before anything is calculated.
    if (!this.#lengths.has(knock.payloadEnd - knock.payloadStart)) return { reason: "malformed" };
    if (!this.#mayTry(nowMs)) return { reason: "busy" };
    const { payloadStart, payloadEnd } = knock;
    const payload = Buffer.from(bytes.buffer, bytes.byteOffset + payloadStart, payloadEnd - payloadStart);
    const opened = open(payload.toString("latin1"), this.#prepared);
    if ("reason" in opened) return opened;
    const { fingerprint, key, request } = opened;
    if (this.#used.has(fingerprint)) return { reason: "replay", key: key.name };
    const { spaMaxAgeMs: maxAgeMs } = this.#rules;
    const doors = this.#rules.doors.filter(({ target }) =>
      target === undefined ? isLocal : sameAddress(target, knock.destination),
    );
    const earned = judge(opened, { sender: knock.source, nowMs: timeMs, maxAgeMs, doors });
    if ("reason" in earned) return earned;
    if (this.#used.mayHaveForgotten(request.timeMs)) {
      return { reason: "forgotten", key: key.name, ageS: Math.round((timeMs - request.timeMs) / 1000) };
    }
    // Only what opens is remembered: else whoever sends a copy from elsewhere first would spoil the honest packet.
    if (!this.#used.add({ fingerprint, timeMs: request.timeMs, owner: key.name }, timeMs, maxAgeMs)) {
      return { reason: "memory-full", key: key.name };
    }
    return { key: key.name, earned };
  }

  /** A bucket that fills within a second. */
  #mayTry(nowMs: number): boolean {
    const passedMs = Math.min(1000, Math.max(0, nowMs - this.#triesAtMs));
    this.#triesAtMs = nowMs;
    this.#triesLeft = Math.min(TRIES_PER_SECOND, this.#triesLeft + (passedMs * TRIES_PER_SECOND) / 1000);
    if (this.#triesLeft < this.#triesPerPacket) return false;
    this.#triesLeft -= this.#triesPerPacket;
    return true;
  }
}
