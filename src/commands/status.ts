// `knockd status`: what the running daemon has open, sees under way, captures and hides.
import { Command } from "commander";
import type { Status } from "../core/control/status-lines.ts";
import { Ending } from "../io/ending.ts";
import { endsWithin } from "../io/pause.ts";
import { isTerminal, print, redraw } from "../io/terminal.ts";
import { fetchStatus } from "./fetch-status.ts";
import { examples } from "./help-text.ts";
import { statusPainted, statusText } from "./status-text.ts";

const REDRAW_MS = 1000;

interface Options {
  readonly json?: boolean;
  readonly watch?: boolean;
}

export const command = new Command("status")
  .summary("say what is open and until when")
  .description(
    "Asks the running daemon what is open, to whom and for how much longer, which attempts are under way, how its " +
      "captures fare, and what the firewall hides.",
  )
  .option("--json", "print one JSON object; with --watch one a line")
  .option("--watch", "once a second, until Ctrl-C")
  .addHelpText("after", examples("knockd status", "knockd status --watch", "knockd status --json | jq .grants"))
  .action(status);

async function status({ json, watch }: Options): Promise<void> {
  const show = (now: Status) =>
    json ? print(JSON.stringify(now)) : print(statusText(now, Date.now()).map(statusPainted).join("\n"));
  if (!watch) return show(await fetchStatus());
  const repeat = json || !isTerminal() ? show : (now: Status) => redraw(statusText(now, Date.now()), statusPainted);
  const ending = new Ending();
  process.once("SIGINT", () => ending.end());
  do repeat(await fetchStatus());
  while (!(await endsWithin(ending.promise, REDRAW_MS)));
}
