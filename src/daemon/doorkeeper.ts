// What opening, extending and closing a grant consist of: ledger, firewall, command, log. The undo of each act stands beside
// it, is planned on disk before the act, and acts for one door and address never overtake each other.
import type { Counters } from "../core/control/counters.ts";
import { hasClose } from "../core/door.ts";
import type { Grant } from "../core/grant.ts";
import { ownTimeMs } from "../core/own-time.ts";
import { words } from "../core/text/words.ts";
import { wallTime } from "../io/clock.ts";
import type { Firewall } from "../io/firewall/firewall.ts";
import { endsWithin, pause } from "../io/pause.ts";
import { Serial } from "../io/serial.ts";
import type { Ledger } from "../io/state/ledger-file.ts";
import { type CommandTools, DoorCommands, failureText } from "./door-commands.ts";
import { entryOf } from "./ledger-entry.ts";

/** What the doorkeeper works with. */
export interface Tools extends CommandTools {
  readonly firewall: Firewall;
  readonly ledger: Pick<Ledger, "read" | "open" | "close">;
  /** Which boot this is. */
  readonly boot: string;
}

/** What became of an act, in the words of the log. */
export interface DoorResult {
  readonly done: boolean;
  readonly said: string;
  /** What went wrong although it is done: its command. */
  readonly problem?: string | undefined;
}

/** How long the stop commands have at the end; systemd would wait longer, an administrator would not. */
const FINISH_LIMIT_MS = 2500;
/** Putting back rules that somebody flushed takes some 50 ms. */
const REPAIR_MS = 300;

export class Doorkeeper {
  readonly #tools: Tools;
  readonly #counters: Counters;
  readonly #serial = new Serial();
  readonly #commands: DoorCommands;

  constructor(tools: Tools, counters: Counters) {
    this.#tools = tools;
    this.#counters = counters;
    this.#commands = new DoorCommands(tools, counters);
  }

  /** Resolves once its start command has ended. */
  open(grant: Grant): Promise<DoorResult> {
    return this.#inOrder(grant, async ({ door, ip }) => {
      const unnoted = await this.#note(grant);
      if (unnoted !== undefined) return { done: false, said: unnoted };
      const refusal = await this.#letIn(grant);
      if (refusal !== undefined) {
        this.#forget(grant);
        return { done: false, said: refusal };
      }
      this.#counters.of(door.name).openings++;
      const said = words.opened(ip, door.name);
      this.#tools.log.info({ event: "opened", ...about(grant) }, said);
      return { done: true, said, problem: await this.#start(grant) };
    });
  }

  extend(grant: Grant): Promise<DoorResult> {
    this.#counters.of(grant.door.name).extensions++;
    return this.#again(grant, "extended", (until) => words.extended(grant.ip, grant.door.name, until), true);
  }

  /** A grant of an earlier run goes on. Its start command is not run again. */
  resume(grant: Grant): Promise<DoorResult> {
    return this.#again(grant, "resumed", (until) => words.resumed(grant.ip, grant.door.name, until));
  }

  /** Lets an open grant through the firewall again, which has lost it. */
  letInAgain(grant: Grant): Promise<boolean> {
    return this.#inOrder(grant, async () => {
      // Its time may have come while others were let in.
      if (grant.state === "closed") return true;
      return await this.#letThrough(grant).then(
        () => true,
        () => false,
      );
    });
  }

  /** The stop command runs even if the firewall could not close: the kernel does that by itself. */
  close(grant: Grant): Promise<DoorResult> {
    return this.#inOrder(grant, async ({ door }) => {
      this.#counters.of(door.name).closings++;
      if (performance.now() < grant.closesMs) {
        // Ahead of its time: should we be killed now, the next start must not wait for that.
        grant.closesMs = performance.now();
        if (isOursAlone(grant)) this.#forget(grant);
        else await this.#note(grant);
      }
      const shut = await this.#shut(grant);
      const result = await this.#commands.runUntilStarted(grant, "close");
      this.#forget(grant);
      return { ...shut, problem: failureText(door.name, result) };
    });
  }

  /** Ends when nothing is under way any more, or when that takes too long: the next start closes the rest. */
  async finish(): Promise<void> {
    const inTime = await endsWithin(this.#serial.idle(), FINISH_LIMIT_MS);
    if (!inTime) this.#tools.log.warn({ event: "shutdown" }, words.stopUnfinished());
  }

  #inOrder<T>(grant: Grant, act: (grant: Grant) => Promise<T>): Promise<T> {
    return this.#serial.run(`${grant.ip} ${grant.door.name}`, () => act(grant));
  }

  /** Why its start command failed. What it opened may end before the grant does, and status must not call it open then. */
  async #start(grant: Grant): Promise<string | undefined> {
    const { door, family } = grant;
    const result = await this.#commands.run(grant, "open");
    const ownMs = ownTimeMs(door.commands[family].start);
    if (ownMs !== undefined && result.outcome === "done") grant.commandEndsMs = performance.now() + ownMs;
    return failureText(door.name, result);
  }

  /** `runs`: once more the start command, if it ends by itself what it opens. */
  #again(grant: Grant, event: string, saying: (until: string) => string, runs = false): Promise<DoorResult> {
    return this.#inOrder(grant, async () => {
      await this.#note(grant);
      const refusal = await this.#letIn(grant);
      if (refusal !== undefined) return { done: false, said: refusal };
      const said = saying(wallTime(grant.closesMs));
      this.#tools.log.info({ event, ...about(grant) }, said);
      const again = runs && ownTimeMs(grant.door.commands[grant.family].start) !== undefined;
      return { done: true, said, problem: again ? await this.#start(grant) : undefined };
    });
  }

  async #shut(grant: Grant): Promise<DoorResult> {
    const { door, ip, family } = grant;
    const { log, firewall } = this.#tools;
    try {
      await firewall.close(door, ip);
      const said =
        door.commands[family].stop === undefined ? words.closed(ip, door.name) : words.commandTimeout(ip, door.name);
      log.info({ event: "closed", ...about(grant) }, said);
      return { done: true, said };
    } catch (error) {
      const said = words.closeFailed(ip, door.name, error);
      log.error({ event: "close-failed", ...about(grant) }, said);
      return { done: false, said };
    }
  }

  /** Says why, if the grant must not open: nothing but a stop command could close it, and a restart would not know. */
  async #note(grant: Grant): Promise<string | undefined> {
    const { door, ip, family } = grant;
    if (!hasClose(door, family)) return undefined;
    const needsUs = door.commands[family].stop !== undefined;
    try {
      await this.#tools.ledger.open(entryOf(grant, this.#tools.boot), needsUs);
      return undefined;
    } catch (error) {
      const { log } = this.#tools;
      const refusal = needsUs ? words.notNoted(ip, door.name, error) : undefined;
      if (refusal !== undefined) {
        this.#counters.refusals.ledger++;
        log.error({ event: "open-failed", ...about(grant) }, refusal);
      } else log.warn({ event: "ledger-failed", ...about(grant) }, words.notNotedButOpen(ip, door.name, error));
      return refusal;
    }
  }

  #forget({ door, ip }: Grant): void {
    try {
      this.#tools.ledger.close({ door: door.name, ip });
    } catch {
      // The next start closes this door once more: rather twice than never.
    }
  }

  /** Lets the knocker through the firewall for the rest of the grant, or says why not. */
  async #letIn(grant: Grant): Promise<string | undefined> {
    try {
      // Somebody may have flushed the rules, which are on their way back.
      await this.#letThrough(grant).catch(() => pause(REPAIR_MS).then(() => this.#letThrough(grant)));
      return undefined;
    } catch (error) {
      const { door, ip } = grant;
      this.#counters.refusals.firewall++;
      const refusal = words.openFailed(ip, door.name, error);
      this.#tools.log.error({ event: "open-failed", ...about(grant) }, refusal);
      return refusal;
    }
  }

  #letThrough({ door, ip, closesMs }: Grant): Promise<void> {
    return this.#tools.firewall.open(door, ip, Math.max(1, Math.round(closesMs - performance.now())));
  }
}

/** What the next start finds open without an entry, it closes. It does not look into sets of the administrator. */
function isOursAlone({ door, family }: Grant): boolean {
  return door.commands[family].stop === undefined && door.sets[family] === undefined;
}

function about(grant: Grant) {
  return {
    door: grant.door.name,
    ip: grant.ip,
    closes_at: wallTime(grant.closesMs),
    earned_by: grant.earnedBy,
    key: grant.key,
  };
}
