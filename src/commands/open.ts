// `knockd open`: opens a door by hand, as a knock would.
import { Command, InvalidArgumentError } from "commander";
import { parseDuration } from "../core/duration.ts";
import { reasonOf } from "../core/words.ts";
import { printDeeds } from "./deeds.ts";

export const command = new Command("open")
  .description("open a door to an address by hand, through the running daemon; it closes again by itself")
  .argument("<door>", "a door of the config")
  .argument("<address>", "whom it opens to")
  .option("--for <time>", "how long, such as 90, 30s, 5m, 1h or 1d (default: as a knock)", readDuration)
  .action(async (door: string, address: string, { for: forMs }: { for?: number }) => {
    process.exitCode = await printDeeds({ request: "open", door, address, ...(forMs === undefined ? {} : { forMs }) });
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
