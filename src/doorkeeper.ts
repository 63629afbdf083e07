// What opening, extending and closing a grant consist of: the firewall, the door's command, the line in the log. The undo of
// each act stands beside it, and acts for one door and address never overtake each other.
import type { Command } from "./core/door.ts";
import type { Grant } from "./core/grant.ts";
import { commandText, words } from "./core/words.ts";
import { type CommandResult, fillIn } from "./io/command.ts";
import type { Firewall } from "./io/firewall.ts";
import type { Log } from "./io/log.ts";
import { Serial } from "./io/serial.ts";
import { Slots } from "./io/slots.ts";

export type RunCommand = (command: Command) => Promise<CommandResult>;

/** BOUNDED: commands that one door runs at a time, so that a flood of openings is no fork bomb, and no door waits for another. */
const COMMANDS_MAX = 32;

export class Doorkeeper {
  readonly #firewall: Firewall;
  readonly #runCommand: RunCommand;
  readonly #log: Log;
  readonly #serial = new Serial();
  /** By door name. BOUNDED: by the doors that ever had a command. */
  readonly #slots = new Map<string, Slots>();

  constructor(firewall: Firewall, runCommand: RunCommand, log: Log) {
    this.#firewall = firewall;
    this.#runCommand = runCommand;
    this.#log = log;
  }

  /** Resolves to whether the door is open, once its start command has ended. */
  open(grant: Grant): Promise<boolean> {
    return this.#inOrder(grant, async ({ door, ip, family }) => {
      try {
        await this.#firewall.open(door, ip, door.grantMs);
      } catch (error) {
        this.#log.error({ event: "open-failed", ...about(grant) }, words.openFailed(ip, door.name, error));
        return false;
      }
      this.#log.info({ event: "opened", ...about(grant), closes_at: closesAt(grant) }, words.opened(ip, door.name));
      await this.#run(grant, door.commands[family].start);
      return true;
    });
  }

  extend(grant: Grant): Promise<boolean> {
    return this.#inOrder(grant, async ({ door, ip }) => {
      try {
        await this.#firewall.open(door, ip, Math.max(1, Math.round(grant.closesMs - performance.now())));
      } catch (error) {
        this.#log.error({ event: "open-failed", ...about(grant) }, words.openFailed(ip, door.name, error));
        return false;
      }
      this.#log.info(
        { event: "extended", ...about(grant), closes_at: closesAt(grant) },
        words.extended(ip, door.name, closesAt(grant)),
      );
      return true;
    });
  }

  close(grant: Grant): Promise<boolean> {
    return this.#inOrder(grant, async ({ door, ip, family }) => {
      const { stop } = door.commands[family];
      const text = stop === undefined ? words.closed(ip, door.name) : words.commandTimeout(ip, door.name);
      try {
        await this.#firewall.close(door, ip);
        this.#log.info({ event: "closed", ...about(grant) }, text);
      } catch (error) {
        this.#log.error({ event: "close-failed", ...about(grant) }, words.closeFailed(ip, door.name, error));
      }
      await this.#run(grant, stop);
      return true;
    });
  }

  /** Ends when nothing is under way. */
  idle(): Promise<void> {
    return this.#serial.idle();
  }

  #inOrder(grant: Grant, act: (grant: Grant) => Promise<boolean>): Promise<boolean> {
    return this.#serial.run(`${grant.ip} ${grant.door.name}`, () => act(grant));
  }

  async #run(grant: Grant, command: Command | undefined): Promise<void> {
    if (command === undefined) return;
    const { door, ip } = grant;
    const slots = this.#slots.get(door.name) ?? new Slots(COMMANDS_MAX);
    this.#slots.set(door.name, slots);
    const filled = fillIn(command, ip);
    const result = await slots.run(() => {
      this.#log.info({ event: "command", ...about(grant) }, words.command(door.name, commandText(filled)));
      return this.#runCommand(filled);
    });
    if (result.outcome === "done") return;
    const line =
      result.outcome === "status"
        ? words.commandStatus(door.name, result.status)
        : words.commandFailed(door.name, result.reason);
    this.#log.error({ event: "command-failed", ...about(grant) }, words.commandOutput(line, result.output));
  }
}

function about({ door, ip }: Grant): { door: string; ip: string } {
  return { door: door.name, ip };
}

/** On the wall clock, ISO 8601 in UTC. */
function closesAt({ closesMs }: Grant): string {
  return new Date(Date.now() + closesMs - performance.now()).toISOString();
}
