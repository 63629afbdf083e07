// `knockd run`: the daemon in the foreground.
import { Command, Option } from "commander";
import { parseDuration } from "../core/text/duration.ts";
import { runDaemon } from "../daemon/assembly.ts";
import type { Source } from "../daemon/reloading.ts";
import { TrialLimit } from "../daemon/trial-limit.ts";
import { Ending } from "../io/ending.ts";
import { goAhead } from "../io/priority.ts";
import { CONFIG_OPTION, interfaceNamed } from "../io/read-config.ts";
import { readVersion } from "../version.ts";
import { examples } from "./help-text.ts";

export const command = new Command("run")
  .summary("run the daemon in the foreground")
  .description(
    "Runs the daemon in the foreground and logs to stdout; under systemd, that is the journal. SIGHUP reads the file " +
      "again, SIGTERM and SIGINT end it. An interface that is not there is waited for; a file with problems, a missing " +
      "privilege or a missing firewall tool ends the daemon at once.",
  )
  .option(...CONFIG_OPTION)
  .option("-i, --interface <interface>", "where to listen; beats the file", interfaceNamed)
  .addOption(new Option("--trial <time>", "for knockd init: hide so long, unless told to go on").hideHelp())
  .addHelpText("after", examples("knockd run", "knockd run -c ./knockd.yaml -i eth0"))
  .action(run);

interface Options extends Source {
  readonly trial?: string;
}

async function run({ trial, ...source }: Options): Promise<void> {
  // First of all: a signal that comes while we start must find us listening.
  const ending = Ending.bySignal();
  goAhead();
  const limit = trial === undefined ? undefined : new TrialLimit(parseDuration(trial), ending);
  await runDaemon({ ...source, version: readVersion(), ending, trial: limit });
}
