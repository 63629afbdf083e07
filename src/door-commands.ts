// A door's commands: filled in, so many at a time, and every way they can go wrong in the log.
import type { Command } from "./core/door.ts";
import type { Grant } from "./core/grant.ts";
import { commandText, words } from "./core/words.ts";
import { type CommandResult, fillIn } from "./io/command.ts";
import type { Log } from "./io/log.ts";
import { pause } from "./io/pause.ts";
import { Slots } from "./io/slots.ts";

export interface CommandTools {
  readonly runCommand: (command: Command) => Promise<CommandResult>;
  readonly log: Log;
}

/** BOUNDED: commands that one door runs at a time, so that a flood of openings is no fork bomb, and no door waits for another. */
const COMMANDS_MAX = 32;
/** How long a command waits that finds no process, descriptor or memory; twice as long each time. */
const AGAIN_FIRST_MS = 500;
const AGAIN_LAST_MS = 30_000;

export class DoorCommands {
  readonly #tools: CommandTools;
  /** By door name. BOUNDED: by the doors that ever had a command. */
  readonly #slots = new Map<string, Slots>();

  constructor(tools: CommandTools) {
    this.#tools = tools;
  }

  /** Again and again, if the machine is too busy to start it. */
  async runUntilStarted(grant: Grant, command: Command | undefined): Promise<CommandResult> {
    let waitMs = AGAIN_FIRST_MS;
    for (;;) {
      const result = await this.run(grant, command);
      if (result.outcome !== "unstarted" || !result.passing) return result;
      await pause(waitMs);
      waitMs = Math.min(2 * waitMs, AGAIN_LAST_MS);
    }
  }

  async run({ door, ip }: Grant, command: Command | undefined): Promise<CommandResult> {
    if (command === undefined) return { outcome: "done" };
    const { log, runCommand } = this.#tools;
    const slots = this.#slots.get(door.name) ?? new Slots(COMMANDS_MAX);
    this.#slots.set(door.name, slots);
    const filled = fillIn(command, ip);
    const result = await slots.run(() => {
      log.info({ event: "command", door: door.name, ip }, words.command(door.name, commandText(filled)));
      return runCommand(filled);
    });
    const failure = failureText(door.name, result);
    if (failure !== undefined) log.error({ event: "command-failed", door: door.name, ip }, failure);
    return result;
  }
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
