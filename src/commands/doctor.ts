// `knockd doctor`: is everything in place on this machine? Looks, changes nothing, says what to do next.
import { Command, InvalidArgumentError } from "commander";
import { formatAddress, parseAddress } from "../core/address.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { examine, type Result } from "../doctor/examine.ts";
import { type ConfigRead, Machine } from "../doctor/machine.ts";
import { CONFIG_OPTION, loadConfig } from "../io/read-config.ts";
import { stateDirectory } from "../io/state/directories.ts";
import { painted, print } from "../io/terminal.ts";
import { examples } from "./help-text.ts";

const TONES = { ok: "good", warn: "doubtful", fail: "bad" } as const;

export const command = new Command("doctor")
  .summary("say whether everything on this machine is in place")
  .description(
    "Looks whether everything on this machine is in place: privileges, tools, interfaces, whether the ports are really " +
      "hidden, what else knocks here. One line a finding, ok, warn or fail, with what to do. Changes nothing. Exits 0, " +
      "or 1 if something fails.",
  )
  .argument("[address]", "one that knocked, and does not come in: has something banned it?", readAddress)
  .option(...CONFIG_OPTION)
  .option("--json", "print one JSON object")
  .addHelpText("after", examples("knockd doctor", "knockd doctor 203.0.113.9", "knockd doctor --json"))
  .action(async (address: string | undefined, { config: file, json }: { config: string; json?: boolean }) => {
    const results = await examine(new Machine(file, read(file), stateDirectory(), address));
    const fails = results.some(({ state }) => state === "fail");
    if (json) print(JSON.stringify({ ok: !fails, checks: results }));
    else for (const result of results) print(lineOf(result));
    process.exitCode = fails ? EXIT.FAILED : EXIT.OK;
  });

function readAddress(text: string): string {
  const address = parseAddress(text);
  if (address === undefined) throw new InvalidArgumentError("expected an address such as 203.0.113.9");
  return formatAddress(address);
}

function read(file: string): ConfigRead {
  try {
    return { config: loadConfig(file) };
  } catch (error) {
    if (error instanceof Failure) return { problem: error.message };
    throw error;
  }
}

/** `fail  interface: eth9: no such interface`, and below it what to do. */
function lineOf({ state, check, text, advice, more = [] }: Result): string {
  const line = `${painted(TONES[state], state.padEnd(4))}  ${check}: ${text.replaceAll("\n", "\n      ")}`;
  return advice === undefined
    ? line
    : [line, `      -> ${advice}`, ...more.map((each) => `         ${each}`)].join("\n");
}
