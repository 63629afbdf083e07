// Judges a round by its record alone. Strict, but fair: what the machine was too busy to do or to see is not held against the
// daemon.
import { DOORS, type DoorName, GRANT_MS, SOURCES, type SourceName } from "./plan.ts";
import { inside, type Knock, type Look, type Promised, type RoundRecord, type Span } from "./record.ts";

export const CHECKS = {
  V1: "a door open past its time",
  V2: "a running grant lost",
  V3: "start and stop commands not in pairs",
  V4: "a hidden port open to a stranger",
  V5: "the daemon not healthy afterwards",
} as const;

export interface Violation {
  readonly check: keyof typeof CHECKS;
  readonly what: string;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  /** How late the latest close was, of the doors that the daemon or the kernel could close. */
  readonly latestCloseMs: number;
  /** How long the machine was too busy. */
  readonly stalledMs: number;
}

const LATE_MS = 2000;
const EARLY_MS = 150;
/** From a knock to an open door. */
const OPENING_MS = 1000;
/** From SIGTERM to the close of what only commands close. */
const STOPPING_MS = 1000;
/** How soon after it listens again the daemon has hidden and let in what it should. */
const RESUMED_MS = 500;
/** Looks in a row that find a door closed before we believe it. */
const CLOSED_LOOKS = 3;
const SLACK_MS = 30;

/** The prober came so late, or the control port took so long: the machine was stalled. */
const GAP_MS = 150;
const SLOW_MS = 120;
const ANSWER_MS = 250;

export function judge(record: RoundRecord): Verdict {
  const stalls = stallsIn(record.looks);
  const views = DOORS.flatMap((door) => sourceNames().map((source) => new View(record, stalls, door, source)));
  const closes = views.map((view) => view.openTooLong());
  const violations = [
    ...closes.flatMap(({ violations: found }) => found),
    ...views.flatMap((view) => view.lostGrants()),
    ...Object.values(SOURCES).flatMap((ip) => unpaired(record, ip)),
    ...record.ailments.map((what): Violation => ({ check: "V5", what })),
  ];
  return {
    violations,
    latestCloseMs: Math.max(0, ...closes.map(({ latestMs }) => latestMs)),
    stalledMs: overlap(stalls, { fromMs: 0, toMs: Number.POSITIVE_INFINITY }),
  };
}

interface Sample {
  readonly atMs: number;
  readonly state: string;
}

/** One door as one source sees it. */
class View {
  readonly #record: RoundRecord;
  readonly #stalls: readonly Span[];
  readonly #door: DoorName;
  readonly #source: SourceName;
  readonly #samples: readonly Sample[];
  readonly #knocks: readonly Knock[];
  /** Somebody else had taken rules away: all may be open, and nothing need be. */
  readonly #exposed: readonly Span[];

  constructor(record: RoundRecord, stalls: readonly Span[], door: DoorName, source: SourceName) {
    const column = sourceNames().indexOf(source) * DOORS.length + DOORS.indexOf(door);
    this.#record = record;
    this.#stalls = stalls;
    this.#door = door;
    this.#source = source;
    this.#samples = record.looks.map(({ atMs, states }) => ({ atMs, state: states[column] ?? "?" }));
    this.#knocks = record.knocks
      .filter((knock) => knock.door === door && knock.source === source)
      .sort((a, b) => a.atMs - b.atMs);
    this.#exposed = record.taken
      .filter(({ doors }) => doors.includes(door))
      .map(({ fromMs, restoredMs, repairMs }) => ({ fromMs, toMs: this.#repaired(fromMs, restoredMs, repairMs) }));
  }

  /** V1 and V4. */
  openTooLong(): { violations: Violation[]; latestMs: number } {
    const deadlines = this.#knocks.map((knock) => ({ knock, ...this.#deadlineOf(knock) }));
    const found: Record<"V1" | "V4", number[]> = { V1: [], V4: [] };
    for (const { atMs, state } of this.#samples) {
      if (!isOpen(state) || inside(this.#exposed, atMs)) continue;
      const past = deadlines.filter(({ knock }) => knock.atMs <= atMs + SLACK_MS);
      const late = atMs > Math.max(0, ...past.map(({ lastMs }) => lastMs)) && !this.#nobodyCouldClose(atMs);
      if (late || this.#leftOpen(atMs)) found[past.length === 0 ? "V4" : "V1"].push(atMs);
    }
    const violations = (["V1", "V4"] as const).flatMap((check): Violation[] =>
      found[check].length === 0 ? [] : [{ check, what: `${this.#name}: open ${this.#range(found[check])}` }],
    );
    return { violations, latestMs: this.#latestCloseMs(deadlines) };
  }

  /** V2, and V5 for the knocks that must open. */
  lostGrants(): Violation[] {
    return this.#knocks.flatMap((knock): Violation[] => {
      const opened = this.#firstOpen(knock);
      if (opened === undefined) return this.#unopened(knock);
      const said = this.#promiseFor(knock);
      if (said === undefined) return [];
      const toMs = Math.min(knock.atMs + GRANT_MS - EARLY_MS, this.#cutMs(knock));
      const closed = this.#closedWithin({ fromMs: opened, toMs });
      if (closed.length === 0) return [];
      return [
        { check: "V2", what: `${this.#name}: ${said.act} at ${this.#at(knock.atMs)}, closed ${this.#range(closed)}` },
      ];
    });
  }

  #unopened(knock: Knock): Violation[] {
    const check = knock.sound ? "V5" : "V2";
    const keeps = knock.sound || (this.#door !== "cmd" && this.#promiseFor(knock) !== undefined);
    const window = { fromMs: knock.atMs, toMs: knock.atMs + OPENING_MS };
    if (!keeps || overlap([...this.#stalls, ...this.#exposed], window) > 0) return [];
    return [{ check, what: `${this.#name}: not opened by the knock at ${this.#at(knock.atMs)}` }];
  }

  /** When its time is over, and when it is a violation. */
  #deadlineOf(knock: Knock): { endMs: number; lastMs: number } {
    const endMs = (this.#firstOpen(knock) ?? knock.atMs + OPENING_MS) + GRANT_MS;
    const lastMs = this.#patience(knock.atMs, endMs + LATE_MS);
    if (this.#door !== "cmd") return { endMs, lastMs };
    const stops = this.#record.downs.filter(({ signal, fromMs }) => signal === "SIGTERM" && fromMs >= knock.atMs);
    const limits = stops.map(({ fromMs }) => this.#patience(fromMs, fromMs + STOPPING_MS));
    return { endMs, lastMs: Math.min(lastMs, ...limits) };
  }

  /** Commands close only while a daemon runs; a killed one cannot. */
  #nobodyCouldClose(atMs: number): boolean {
    if (this.#door !== "cmd") return false;
    const kills = this.#record.downs.filter(({ signal }) => signal === "SIGKILL");
    return inside(
      kills.map(({ fromMs, toMs }) => ({ fromMs, toMs: this.#patience(toMs, toMs + LATE_MS) })),
      atMs,
    );
  }

  /** The daemon has ended in peace and left a command's door open. */
  #leftOpen(atMs: number): boolean {
    const ends = this.#record.downs.filter(({ signal }) => signal === "SIGTERM");
    const spans = ends.map(({ goneMs, againMs }) => ({ fromMs: goneMs + EARLY_MS, toMs: againMs }));
    return this.#door === "cmd" && inside(spans, atMs);
  }

  #firstOpen({ atMs: fromMs }: Knock): number | undefined {
    const toMs = this.#patience(fromMs, fromMs + OPENING_MS);
    return this.#samples.find(
      ({ atMs, state }) => atMs >= fromMs && atMs <= toMs && isOpen(state) && !inside(this.#exposed, atMs),
    )?.atMs;
  }

  #promiseFor(knock: Knock): Promised | undefined {
    const next = this.#knocks[this.#knocks.indexOf(knock) + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    const untilMs = Math.min(next, knock.atMs + 2 * OPENING_MS) - SLACK_MS;
    return this.#record.promised.find(
      ({ door, ip, atMs }) =>
        door === this.#door && ip === SOURCES[this.#source] && atMs >= knock.atMs - SLACK_MS && atMs < untilMs,
    );
  }

  /** A command's door is closed by SIGTERM, and nothing puts it back when its set is flushed. */
  #cutMs(knock: Knock): number {
    if (this.#door !== "cmd") return Number.POSITIVE_INFINITY;
    const { downs, taken } = this.#record;
    const stops = downs.filter(({ signal, fromMs }) => signal === "SIGTERM" && fromMs > knock.atMs - OPENING_MS);
    const flushes = taken.filter(
      ({ doors, restoredMs }) => doors.includes("cmd") && restoredMs > knock.atMs - SLACK_MS,
    );
    return Math.min(Number.POSITIVE_INFINITY, ...[...stops, ...flushes].map(({ fromMs }) => fromMs - SLACK_MS));
  }

  /** The first run of looks that find it closed, if there is one. */
  #closedWithin({ fromMs, toMs }: Span): number[] {
    let run: number[] = [];
    for (const { atMs, state } of this.#samples) {
      if (atMs < fromMs || atMs > toMs) continue;
      const counts = state === "." && !inside(this.#exposed, atMs) && !inside(this.#stalls, atMs);
      if (!counts && run.length >= CLOSED_LOOKS) return run;
      run = counts ? [...run, atMs] : [];
    }
    return run.length >= CLOSED_LOOKS ? run : [];
  }

  #repaired(fromMs: number, restoredMs: number, repairMs: number): number {
    const toMs = this.#patience(restoredMs, restoredMs + repairMs);
    const downs = this.#record.downs.filter((down) => down.fromMs <= toMs && down.toMs >= fromMs);
    return Math.max(toMs, ...downs.map((down) => this.#patience(down.toMs, down.toMs + RESUMED_MS)));
  }

  /** A limit, later by what the machine was stalled. */
  #patience(fromMs: number, toMs: number): number {
    return toMs + overlap(this.#stalls, { fromMs, toMs });
  }

  /** How long after the end of its time the door was seen open, where somebody could have closed it. */
  #latestCloseMs(deadlines: readonly { endMs: number }[]): number {
    const endMs = Math.max(0, ...deadlines.map((deadline) => deadline.endMs));
    const last = this.#samples.findLast(
      ({ atMs, state }) => isOpen(state) && !inside(this.#exposed, atMs) && !this.#nobodyCouldClose(atMs),
    );
    return endMs === 0 || last === undefined ? 0 : last.atMs - endMs;
  }

  get #name(): string {
    return `${this.#door} for ${this.#source}`;
  }

  #range(times: readonly number[]): string {
    return `from ${this.#at(times[0] ?? 0)} to ${this.#at(times.at(-1) ?? 0)}`;
  }

  #at(ms: number): string {
    return `${((ms - this.#record.startMs) / 1000).toFixed(2)} s`;
  }
}

/** V3: start, stop, start, stop. A daemon that was killed may not know that it has stopped already, and stops again. */
function unpaired({ journal, downs, promised, startMs }: RoundRecord, ip: string): Violation[] {
  const lines = journal.filter((line) => line.ip === ip);
  const killsBefore = (toMs: number): number =>
    downs.filter(({ signal, fromMs }) => signal === "SIGKILL" && fromMs <= toMs + SLACK_MS).length;
  const violations: Violation[] = [];
  const report = (what: string, atMs: number): void => {
    violations.push({ check: "V3", what: `${ip}: ${what} at ${((atMs - startMs) / 1000).toFixed(2)} s` });
  };
  let open = false;
  let surplus = 0;
  for (const { act, atMs } of lines) {
    if (act === "start" && open) report("started again without a stop", atMs);
    if (act === "stop" && !open && ++surplus > killsBefore(atMs)) report("stopped once more than needed", atMs);
    open = act === "start";
  }
  if (open) report("never stopped, started", lines.at(-1)?.atMs ?? 0);
  const starts = lines.filter(({ act }) => act === "start").length;
  const grants = promised.filter((each) => each.act === "opened" && each.door === "cmd" && each.ip === ip).length;
  if (starts > grants || starts < grants - killsBefore(Number.POSITIVE_INFINITY))
    report(`${starts} starts for ${grants} grants`, startMs);
  return violations;
}

/** When the machine was too busy to look, or to answer. */
function stallsIn(looks: readonly Look[]): Span[] {
  const gaps = looks.slice(1).flatMap(({ atMs }, index): Span[] => {
    const beforeMs = looks[index]?.atMs ?? atMs;
    return atMs - beforeMs > GAP_MS ? [{ fromMs: beforeMs, toMs: atMs + ANSWER_MS }] : [];
  });
  const slow = looks
    .filter(({ controlMs }) => controlMs > SLOW_MS)
    .map(({ atMs, controlMs }) => ({ fromMs: atMs - GAP_MS, toMs: atMs + controlMs + GAP_MS }));
  return merged([...gaps, ...slow]);
}

function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = result.at(-1);
    if (last === undefined || span.fromMs > last.toMs) result.push(span);
    else result[result.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, span.toMs) };
  }
  return result;
}

function overlap(spans: readonly Span[], { fromMs, toMs }: Span): number {
  return spans.reduce((sum, span) => sum + Math.max(0, Math.min(toMs, span.toMs) - Math.max(fromMs, span.fromMs)), 0);
}

function isOpen(state: string): boolean {
  return state === "o" || state === "c";
}

function sourceNames(): SourceName[] {
  return ["first", "second", "stranger"];
}
