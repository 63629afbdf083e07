// `knockd open`: opens a door by hand, as a knock would.
import { Command, InvalidArgumentError } from "commander";
import { EXIT } from "../core/exit.ts";
import { parseDuration } from "../core/text/duration.ts";
import { reasonOf } from "../core/text/words.ts";
import { obstaclesOn } from "../doctor/look-ahead.ts";
import { hint } from "../io/terminal.ts";
import { printResults } from "./ask-daemon.ts";
import { examples } from "./help-text.ts";

export const command = new Command("open")
  .summary("open a door to an address by hand")
  .description(
    "Opens a door to an address by hand, through the running daemon, as a knock would. It closes again by itself. " +
      "A door that is open already stays open for longer.",
  )
  .argument("<door>", "a door of the config")
  .argument("<address>", "whom it opens to")
  .option("--for <time>", "how long, such as 90, 30s, 5m, 1h or 1d (default: as a knock)", readDuration)
  .addHelpText("after", examples("knockd open ssh 198.51.100.7", "knockd open ssh 2001:db8::7 --for 1h"))
  .action(async (door: string, address: string, { for: forMs }: { for?: number }) => {
    process.exitCode = await printResults({
      request: "open",
      door,
      address,
      ...(forMs === undefined ? {} : { forMs }),
    });
    if (process.exitCode === EXIT.OK) for (const text of await obstaclesOn(door, address)) hint(text);
  });

function readDuration(text: string): number {
  try {
    const durationMs = parseDuration(text);
    if (durationMs > 0) return durationMs;
  } catch (error) {
    throw new InvalidArgumentError(reasonOf(error));
  }
  throw new InvalidArgumentError("expected a time longer than 0");
}
