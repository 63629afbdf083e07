// `knockd close`: closes a door ahead of its time, or all of them.
import { Command } from "commander";
import type { Request } from "../core/control/requests.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { printResults } from "./ask-daemon.ts";
import { examples } from "./help-text.ts";

export const command = new Command("close")
  .summary("close a door to an address ahead of its time")
  .description(
    "Closes a door to an address ahead of its time, through the running daemon, or all doors to everybody. Connections " +
      "that are made live on.",
  )
  .argument("[door]", "an open door")
  .argument("[address]", "whom it is open to")
  .option("--all", "all doors, to everybody")
  .addHelpText("after", examples("knockd close ssh 198.51.100.7", "knockd close --all"))
  .action(async (door: string | undefined, address: string | undefined, { all }: { all?: boolean }) => {
    process.exitCode = await printResults(requestFor(door, address, all), "no door is open");
  });

function requestFor(door: string | undefined, address: string | undefined, all = false): Request {
  if (all && door === undefined) return { request: "close-all" };
  if (!all && door !== undefined && address !== undefined) return { request: "close", door, address };
  throw new Failure(EXIT.USAGE, "expected a door and an address, or --all", "knockd status names what is open");
}
