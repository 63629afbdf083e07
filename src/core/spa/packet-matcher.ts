// A way to earn a door: one signed packet. Which doors it earns, or why it earns none.
import { type Address, sameAddress } from "../address.ts";
import type { Door } from "../door.ts";
import type { Knock } from "../frame.ts";
import type { Remembered } from "../once.ts";
import type { Report } from "../report.ts";
import type { Earn, Earned, Seen, Way } from "../way.ts";
import type { Key } from "./key.ts";
import { looksSealed, type Opened, possibleLengths } from "./open-packet.ts";
import type { Opener } from "./opener.ts";
import type { PacketFinding } from "./packet-finding.ts";
import { judge } from "./policy.ts";
import type { Refusal } from "./refusal.ts";
import { Standing } from "./standing.ts";

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

interface Accepted {
  readonly key: string;
  readonly earned: readonly Earned[];
}

/** What is left of a packet once its frame is gone, while its keys are tried. */
interface Arrival {
  readonly knock: Knock;
  /** Its destination is an address of its interface. */
  readonly isLocal: boolean;
  /** The wall clock of its frame: what waits for its turn grows no older. */
  readonly timeMs: number;
}

export class PacketMatcher implements Way<PacketRules> {
  readonly capture = "packets";
  readonly #report: Report<PacketFinding>;
  readonly #used: UsedPackets;
  readonly #opener: Opener;
  readonly #standing: Standing;
  #rules: PacketRules = { keys: [], spaPort: 0, spaMaxAgeMs: 0, doors: [] };
  /** Where a packet may go that is not for this machine. BOUNDED: by the doors. */
  #targets: readonly Address[] = [];
  #lengths: ReadonlySet<number> = new Set();

  /** `seed` is a secret number. */
  constructor({
    report,
    usedPackets,
    opener,
    seed,
  }: { report: Report<PacketFinding>; usedPackets: UsedPackets; opener: Opener; seed: number }) {
    this.#report = report;
    this.#used = usedPackets;
    this.#opener = opener;
    this.#standing = new Standing(seed);
  }

  apply(rules: PacketRules): void {
    const { keys } = rules;
    const doors = rules.doors.filter(({ spaPorts }) => spaPorts.length > 0);
    const isNews = keys !== this.#rules.keys;
    this.#rules = { ...rules, doors };
    this.#targets = doors.flatMap(({ target }) => target ?? []);
    if (!isNews) return;
    this.#lengths = possibleLengths(keys);
    this.#standing.apply(keys);
    this.#opener.apply(keys);
  }

  /** Its age is reckoned from the time of its frame, on the wall clock. */
  see({ frame, knock, local, nowMs }: Seen, earn: Earn): void {
    if (knock.port !== this.#rules.spaPort || knock.protocol !== "udp" || this.#rules.keys.length === 0) return;
    const isLocal = local.has(knock.destination);
    if (!isLocal && !this.#targets.some((target) => sameAddress(target, knock.destination))) return;
    const { payloadStart, payloadEnd } = knock;
    // Most of what is no packet ends here, before anything is calculated.
    if (!this.#lengths.has(payloadEnd - payloadStart)) return this.#tell(knock, { reason: "malformed" }, nowMs);
    const { bytes, timeMs } = frame;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + payloadStart, payloadEnd - payloadStart).toString(
      "latin1",
    );
    if (!looksSealed(text)) return this.#tell(knock, { reason: "malformed" }, nowMs);
    const lane = this.#standing.laneOf(knock.source, nowMs);
    const kept = { ...knock, source: knock.source.slice(), destination: knock.destination.slice() };
    const arrival = { knock: kept, isLocal, timeMs };
    this.#opener.open({ text, lane, told: (opened, atMs) => this.#told(opened, arrival, atMs, earn) }, nowMs);
  }

  /** Nothing to do: what is kept of packets forgets by itself. */
  sweep(): void {}

  #told(opened: Opened | Refusal, arrival: Arrival, nowMs: number, earn: Earn): void {
    const { knock } = arrival;
    const verdict = "reason" in opened ? opened : this.#judge(opened, arrival);
    if (!("reason" in verdict)) this.#standing.opened(knock.source, verdict.key, nowMs);
    else if (verdict.reason !== "busy") this.#standing.failed(knock.source, nowMs);
    this.#tell(knock, verdict, nowMs);
    if ("reason" in verdict) return;
    for (const earned of verdict.earned) earn(earned, knock.source, nowMs);
  }

  #tell(knock: Knock, verdict: Accepted | Refusal, nowMs: number): void {
    this.#report.begins(knock, "packet", nowMs);
    if ("reason" in verdict) this.#report.found({ way: "packet", what: "refused", refusal: verdict });
    else this.#report.found({ way: "packet", what: "accepted", ...verdict });
    this.#report.ends();
  }

  /** By the rules of now, in one go: of two copies of a packet one opens, whoever has tried its keys, and in whatever order. */
  #judge(opened: Opened, { knock, isLocal, timeMs }: Arrival): Accepted | Refusal {
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
}
