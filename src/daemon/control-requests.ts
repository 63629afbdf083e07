// The requests behind the control socket: what each request makes the daemon do, and the answer to it.
import { type Address, formatAddress, parseAddress } from "../core/address.ts";
import type { FirewallKind } from "../core/config/firewall-kinds.ts";
import { nearest } from "../core/config/nearest.ts";
import type { MetricsLine, Request } from "../core/control/requests.ts";
import { ATTEMPTS_TOLD, GRANTS_A_LINE, type OpenGrant, type StatusLine } from "../core/control/status-lines.ts";
import type { Door } from "../core/door.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { CLOSINGS_A_TURN, type Grant, openUntilMs } from "../core/grant.ts";
import { formatPort } from "../core/port.ts";
import { words } from "../core/text/words.ts";
import { sightingJson } from "../core/verdict/json.ts";
import type { CaptureStatus } from "../io/capture/captures.ts";
import { wallTime } from "../io/clock.ts";
import { Backlog } from "../io/control/backlog.ts";
import { TRACERS_MAX, type Tracers } from "../io/control/tracers.ts";
import type { Log } from "../io/log/log.ts";
import { turn } from "../io/pause.ts";
import type { Daemon } from "./daemon.ts";
import type { DoorResult } from "./doorkeeper.ts";

/** BOUNDED: lines of the metrics, of 200 characters at most, that go in one answer. */
const METRICS_A_LINE = /(?:.*\n){1,500}/g;
/** BOUNDED: doors that an error names. */
const NAMED_MAX = 20;

export interface RequestTools {
  readonly daemon: Pick<Daemon, "open" | "close" | "view">;
  readonly captures: () => Promise<readonly CaptureStatus[]>;
  /** The page for Prometheus. */
  readonly metrics: () => Promise<string>;
  readonly tracers: Pick<Tracers, "add">;
  /** Reads the config file again. Rejects with a Failure, and nothing changed. */
  readonly reload: () => Promise<readonly DoorResult[]>;
  readonly log: Log;
  /** What does not change while the daemon runs. */
  readonly about: {
    readonly version: string;
    readonly pid: number;
    readonly config: string;
    readonly firewall: FirewallKind;
  };
}

export class ControlRequests {
  readonly #tools: RequestTools;
  readonly #startedMs = performance.now();

  constructor(tools: RequestTools) {
    this.#tools = tools;
  }

  /** `gone` ends an answer that has no end of its own. */
  async *answer(request: Request, gone: AbortSignal): AsyncGenerator<unknown, void> {
    switch (request.request) {
      case "status":
        return yield* this.#status();
      case "open":
        return yield await this.#open(request);
      case "close":
        return yield await this.#close(request);
      case "close-all":
        return yield* this.#closeAll();
      case "metrics":
        return yield* metricsLines(await this.#tools.metrics());
      case "reload":
        return yield* await this.#tools.reload();
      case "watch":
        return yield* this.#watch(request, gone);
    }
  }

  async *#status(): AsyncGenerator<StatusLine, void> {
    const { daemon, about } = this.#tools;
    const capture = await this.#tools.captures();
    const { config, attempts, restoredMs, grants } = daemon.view;
    const nowMs = performance.now();
    const newest = attempts.underWay(ATTEMPTS_TOLD, nowMs).map(({ door, source, stage, ageMs }) => ({
      door: door.name,
      ip: formatAddress(source),
      stage,
      steps: door.sequence.length,
      started_at: wallTime(nowMs - ageMs),
    }));
    const hidden = [...new Set(config.doors.flatMap((door) => door.open.map(formatPort)))];
    yield {
      overview: {
        version: about.version,
        pid: about.pid,
        started_at: wallTime(this.#startedMs),
        config: about.config,
        attempts: { count: attempts.attempts, newest },
        capture: [...capture],
        firewall: {
          kind: about.firewall,
          hidden,
          restored_at: restoredMs === undefined ? null : wallTime(restoredMs),
        },
      },
    };
    let some: OpenGrant[] = [];
    for (const grant of grants.each()) {
      // Shut by the command itself, before the grant's own end.
      if (openUntilMs(grant) < Math.min(grant.closesMs, performance.now())) continue;
      some.push(openGrant(grant));
      if (some.length < GRANTS_A_LINE) continue;
      yield { grants: some };
      some = [];
    }
    yield { grants: some };
  }

  async #open({ door: name, address, forMs }: Extract<Request, { request: "open" }>): Promise<DoorResult> {
    const door = this.#doorOf(name);
    const ip = ipOf(address);
    this.#tools.log.info({ event: "open-requested", door: door.name, ip }, words.openingByHand(ip, door.name));
    return done(await this.#tools.daemon.open(door, ip, { earnedBy: "manual", durationMs: forMs }));
  }

  async #close({ door: name, address }: Extract<Request, { request: "close" }>): Promise<DoorResult> {
    const { daemon } = this.#tools;
    const ip = ipOf(address);
    // A door may be gone from the config and still be open to somebody.
    const grant = daemon.view.grants.get(name, ip);
    if (grant !== undefined) return done(await this.#shut(grant));
    throw new Failure(EXIT.UNAVAILABLE, words.notOpen(ip, this.#doorOf(name).name));
  }

  async *#closeAll(): AsyncGenerator<DoorResult, void> {
    const closing: Promise<DoorResult>[] = [];
    for (const grant of [...this.#tools.daemon.view.grants.each()]) {
      // Its time may have come while others were closed.
      if (grant.state === "closed") continue;
      closing.push(this.#shut(grant));
      if (closing.length % CLOSINGS_A_TURN === 0) await turn();
    }
    for (const result of closing) yield await result;
  }

  /** What a slow client does not take in time is counted, not kept. */
  async *#watch({ address }: Extract<Request, { request: "watch" }>, gone: AbortSignal): AsyncGenerator<unknown, void> {
    const backlog = new Backlog<unknown>();
    const leave = this.#tools.tracers.add({
      ...(address === undefined ? {} : { source: addressOf(address) }),
      sighting: (sighting, at) => backlog.say(sightingJson(sighting, at.toISOString())),
      missed: (count) => backlog.miss(count),
    });
    if (leave === undefined)
      throw new Failure(EXIT.UNAVAILABLE, `too many watch already, at most ${TRACERS_MAX} at a time`);
    gone.addEventListener("abort", () => backlog.end());
    if (gone.aborted) backlog.end();
    try {
      for await (const kept of backlog.take()) yield "line" in kept ? kept.line : { event: "missed", count: kept.lost };
    } finally {
      leave();
    }
  }

  #shut(grant: Grant): Promise<DoorResult> {
    const about = { event: "close-requested", door: grant.door.name, ip: grant.ip };
    this.#tools.log.info(about, words.closingByHand(grant.ip, grant.door.name));
    return this.#tools.daemon.close(grant);
  }

  #doorOf(name: string): Door {
    const { doors } = this.#tools.daemon.view.config;
    const door = doors.find((each) => each.name === name);
    if (door !== undefined) return door;
    const names = doors.map((each) => each.name);
    throw new Failure(EXIT.USAGE, words.unknownDoor(name, nearest(name, names), names.slice(0, NAMED_MAX)));
  }
}

/** A page of many doors is longer than a line may be. */
function* metricsLines(page: string): Generator<MetricsLine, void> {
  for (const [metrics] of page.matchAll(METRICS_A_LINE)) yield { metrics };
}

function openGrant(grant: Grant): OpenGrant {
  const { door, ip, openedMs, earnedBy, key } = grant;
  return {
    door: door.name,
    ip,
    opened_at: wallTime(openedMs),
    closes_at: wallTime(openUntilMs(grant)),
    earned_by: earnedBy,
    key,
  };
}

/** In its canonical form. */
function ipOf(text: string): string {
  return formatAddress(addressOf(text));
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new Failure(EXIT.USAGE, `expected an IP address such as 192.0.2.7, got ${JSON.stringify(text)}`);
}

/** What is not done is an error, in the same words. */
function done(result: DoorResult): DoorResult {
  if (result.done) return result;
  throw new Failure(EXIT.UNAVAILABLE, result.said);
}
