// A door's commands: filled in, so many at a time, and every way they can go wrong in the log.
import type { Counters } from "../core/control/counters.ts";
import { type Command, hasClose } from "../core/door.ts";
import type { Grant } from "../core/grant.ts";
import { commandText, words } from "../core/text/words.ts";
import { wallTime } from "../io/clock.ts";
import { type CommandResult, fillIn } from "../io/command.ts";
import type { Log } from "../io/log/log.ts";
import { pause } from "../io/pause.ts";
import { Slots } from "../io/slots.ts";

export interface CommandTools {
  readonly runCommand: (command: Command, variables: Readonly<Record<string, string>>) => Promise<CommandResult>;
  readonly log: Log;
}

/** What a command runs for: the start command for `open`, the stop command for `close`. */
export type CommandEvent = "open" | "close";

/** BOUNDED: commands that one door runs at a time, so that a flood of openings is no fork bomb, and no door waits for another. */
const COMMANDS_MAX = 32;
/** How long a command waits that finds no process, descriptor or memory; twice as long each time. */
const AGAIN_FIRST_MS = 500;
const AGAIN_LAST_MS = 30_000;

export class DoorCommands {
  readonly #tools: CommandTools;
  readonly #counters: Counters;
  /** By door name. BOUNDED: by the doors that ever had a command. */
  readonly #slots = new Map<string, Slots>();

  constructor(tools: CommandTools, counters: Counters) {
    this.#tools = tools;
    this.#counters = counters;
  }

  /** Again and again, if the machine is too busy to start it. */
  async runUntilStarted(grant: Grant, event: CommandEvent): Promise<CommandResult> {
    let waitMs = AGAIN_FIRST_MS;
    for (;;) {
      const result = await this.run(grant, event);
      if (result.outcome !== "unstarted" || !result.passing) return result;
      await pause(waitMs);
      waitMs = Math.min(2 * waitMs, AGAIN_LAST_MS);
    }
  }

  async run(grant: Grant, event: CommandEvent): Promise<CommandResult> {
    const { door, ip, family } = grant;
    const { start, stop } = door.commands[family];
    const command = event === "open" ? start : stop;
    if (command === undefined) return { outcome: "done" };
    const { log, runCommand } = this.#tools;
    const slots = this.#slots.get(door.name) ?? new Slots(COMMANDS_MAX);
    this.#slots.set(door.name, slots);
    const filled = fillIn(command, ip);
    const result = await slots.run(() => {
      this.#counters.of(door.name).commands++;
      log.info({ event: "command", door: door.name, ip }, words.command(door.name, commandText(filled)));
      return runCommand(filled, variablesFor(grant, event));
    });
    const failure = failureText(door.name, result);
    if (failure === undefined) return result;
    this.#counters.of(door.name).commandFailures++;
    log.error({ event: "command-failed", door: door.name, ip, outcome: result.outcome }, failure);
    return result;
  }
}

/** What a command is told besides its own words. Nothing of it is a text that a stranger chose. */
function variablesFor(grant: Grant, event: CommandEvent): Record<string, string> {
  const { door, ip, family, closesMs } = grant;
  return {
    KNOCKD_IP: ip,
    KNOCKD_DOOR: door.name,
    KNOCKD_EVENT: event,
    // Empty where nothing ever closes (wake-on-LAN), so that a script under `set -u` lives.
    KNOCKD_CLOSES_AT: hasClose(door, family) ? wallTime(closesMs) : "",
  };
}

export function failureText(door: string, result: CommandResult): string | undefined {
  switch (result.outcome) {
    case "done":
      return undefined;
    case "status":
      return words.commandOutput(words.commandStatus(door, result.status), result.output);
    case "overdue":
      return words.commandOutput(words.commandOverdue(door, result.limitMs), result.output);
    case "unstarted":
      return words.commandUnstarted(door, result.reason);
  }
}
