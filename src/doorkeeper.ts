// What opening, extending and closing a grant consist of: ledger, firewall, command, log. The undo of each act stands beside
// it, is planned on disk before the act, and acts for one door and address never overtake each other.
import { hasClose } from "./core/door.ts";
import type { Grant } from "./core/grant.ts";
import type { LedgerEntry } from "./core/ledger.ts";
import { words } from "./core/words.ts";
import { type CommandTools, DoorCommands } from "./door-commands.ts";
import { momentOf } from "./io/clock.ts";
import { fillIn } from "./io/command.ts";
import type { Firewall } from "./io/firewall.ts";
import type { Ledger } from "./io/ledger.ts";
import { endsWithin, pause } from "./io/pause.ts";
import { Serial } from "./io/serial.ts";

/** What the doorkeeper works with. */
export interface Tools extends CommandTools {
  readonly firewall: Firewall;
  readonly ledger: Pick<Ledger, "read" | "open" | "close">;
  /** Which boot this is. */
  readonly boot: string;
}

/** How long the stop commands have at the end; systemd would wait longer, an administrator would not. */
const FINISH_LIMIT_MS = 2500;
/** Putting back rules that somebody flushed takes some 50 ms. */
const REPAIR_MS = 300;

export class Doorkeeper {
  readonly #tools: Tools;
  readonly #serial = new Serial();
  readonly #commands: DoorCommands;

  constructor(tools: Tools) {
    this.#tools = tools;
    this.#commands = new DoorCommands(tools);
  }

  /** Resolves to whether the door is open, once its start command has ended. */
  open(grant: Grant): Promise<boolean> {
    return this.#inOrder(grant, async ({ door, ip, family }) => {
      if (!(await this.#note(grant))) return false;
      if (!(await this.#letIn(grant))) {
        this.#forget(grant);
        return false;
      }
      this.#tools.log.info({ event: "opened", ...about(grant) }, words.opened(ip, door.name));
      await this.#commands.run(grant, door.commands[family].start);
      return true;
    });
  }

  extend(grant: Grant): Promise<boolean> {
    return this.#again(grant, (until) =>
      this.#tools.log.info({ event: "extended", ...about(grant) }, words.extended(grant.ip, grant.door.name, until)),
    );
  }

  /** A grant of an earlier run goes on. Its start command is not run again. */
  resume(grant: Grant): Promise<boolean> {
    return this.#again(grant, (until) =>
      this.#tools.log.info({ event: "resumed", ...about(grant) }, words.resumed(grant.ip, grant.door.name, until)),
    );
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
  close(grant: Grant): Promise<boolean> {
    return this.#inOrder(grant, async ({ door, ip, family }) => {
      const { log, firewall } = this.#tools;
      const { stop } = door.commands[family];
      if (performance.now() < grant.closesMs) {
        // Ahead of its time: should we be killed now, the next start must not wait for that.
        grant.closesMs = performance.now();
        await this.#note(grant);
      }
      const text = stop === undefined ? words.closed(ip, door.name) : words.commandTimeout(ip, door.name);
      try {
        await firewall.close(door, ip);
        log.info({ event: "closed", ...about(grant) }, text);
      } catch (error) {
        log.error({ event: "close-failed", ...about(grant) }, words.closeFailed(ip, door.name, error));
      }
      await this.#commands.runUntilStarted(grant, stop);
      this.#forget(grant);
      return true;
    });
  }

  /** Ends when nothing is under way any more, or when that takes too long: the next start closes the rest. */
  async finish(): Promise<void> {
    const inTime = await endsWithin(this.#serial.idle(), FINISH_LIMIT_MS);
    if (!inTime) this.#tools.log.warn({ event: "shutdown" }, words.stopUnfinished());
  }

  #inOrder(grant: Grant, act: (grant: Grant) => Promise<boolean>): Promise<boolean> {
    return this.#serial.run(`${grant.ip} ${grant.door.name}`, () => act(grant));
  }

  #again(grant: Grant, say: (until: string) => void): Promise<boolean> {
    return this.#inOrder(grant, async () => {
      await this.#note(grant);
      const done = await this.#letIn(grant);
      if (done) say(closesAt(grant));
      return done;
    });
  }

  /** False if the grant must not open: nothing but a stop command could close it, and a restart would not know. */
  async #note(grant: Grant): Promise<boolean> {
    const { door, ip, family } = grant;
    if (!hasClose(door, family)) return true;
    const needsUs = door.commands[family].stop !== undefined;
    try {
      await this.#tools.ledger.open(this.#entryOf(grant), needsUs);
      return true;
    } catch (error) {
      if (needsUs)
        this.#tools.log.error({ event: "open-failed", ...about(grant) }, words.notNoted(ip, door.name, error));
      else this.#tools.log.warn({ event: "ledger", ...about(grant) }, words.notNotedButOpen(ip, door.name, error));
      return !needsUs;
    }
  }

  #forget({ door, ip }: Grant): void {
    try {
      this.#tools.ledger.close({ door: door.name, ip });
    } catch {
      // The next start closes this door once more: rather twice than never.
    }
  }

  /** Whether the firewall lets the knocker in for the rest of the grant. */
  async #letIn(grant: Grant): Promise<boolean> {
    try {
      // Somebody may have flushed the rules, which are on their way back.
      await this.#letThrough(grant).catch(() => pause(REPAIR_MS).then(() => this.#letThrough(grant)));
      return true;
    } catch (error) {
      const { door, ip } = grant;
      this.#tools.log.error({ event: "open-failed", ...about(grant) }, words.openFailed(ip, door.name, error));
      return false;
    }
  }

  #letThrough({ door, ip, closesMs }: Grant): Promise<void> {
    return this.#tools.firewall.open(door, ip, Math.max(1, Math.round(closesMs - performance.now())));
  }

  #entryOf({ door, ip, family, openedMs, closesMs }: Grant): LedgerEntry {
    const { stop } = door.commands[family];
    return {
      door: door.name,
      ip,
      boot: this.#tools.boot,
      opened: momentOf(openedMs),
      closes: momentOf(closesMs),
      open: door.open.length > 0,
      set: door.sets[family],
      stop: stop === undefined ? undefined : fillIn(stop, ip),
    };
  }
}

function about(grant: Grant): { door: string; ip: string; closes_at: string } {
  return { door: grant.door.name, ip: grant.ip, closes_at: closesAt(grant) };
}

/** On the wall clock, ISO 8601 in UTC. */
function closesAt({ closesMs }: Grant): string {
  return new Date(momentOf(closesMs).wallMs).toISOString();
}
