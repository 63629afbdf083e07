// `knockd explain`: what the daemon would have made of a capture, knock by knock, and the one cause why a door did not open.
import { Command, InvalidArgumentError } from "commander";
import { type Address, parseAddress } from "../core/address.ts";
import type { Config } from "../core/config/config.ts";
import type { Door } from "../core/door.ts";
import { EXIT, Failure } from "../core/exit.ts";
import type { DoorGuards } from "../core/guard/guard.ts";
import { reasonOf } from "../core/text/words.ts";
import { sightingJson } from "../core/verdict/json.ts";
import { sightingWords } from "../core/verdict/verdict-words.ts";
import { watchlistFor } from "../core/watchlist.ts";
import { codeSecretsFor, keysFor, withOneTime } from "../explain/explain-config.ts";
import { type KnownGuards, printSummary } from "../explain/explain-summary.ts";
import { Explainer } from "../explain/explainer.ts";
import { readingProgress } from "../explain/reading-progress.ts";
import { readCapture } from "../io/capture/capture-file.ts";
import { groundNow } from "../io/listening.ts";
import { CONFIG_OPTION, loadConfig } from "../io/read-config.ts";
import { stateDirectory } from "../io/state/directories.ts";
import { keptGuardSecret } from "../io/state/secret.ts";
import { hint, print, wipeProgress } from "../io/terminal.ts";
import { examples, paragraphs } from "./help-text.ts";
import { dayOf, printSighting } from "./sightings.ts";

const MORE_HELP = `
The capture may have been made anywhere: on this machine, on the knocker's, on a router between them. Both pcap and
pcapng are read, from stdin too. Capture while you knock; no filter is needed.

A door with a target hears what goes to that target. For the other doors, every address that was knocked at counts as
the daemon's own, and is named at the end; say which are with --address.`;

const EXAMPLES = examples(
  "tcpdump -i eth0 -w knock.pcap",
  "knockd explain knock.pcap",
  "ssh host tcpdump -U -i eth0 -w - | knockd explain -",
);

interface Options {
  readonly config: string;
  readonly address?: readonly Address[];
  readonly json?: boolean;
}

export const command = new Command("explain")
  .summary("say why a knock did or did not open a door, from a capture")
  .description(
    "Says what the daemon would have made of a capture, knock by knock, and for each source what opened, or the one " +
      "cause why nothing did. Exits 0 if a door would have opened, 1 if none.",
  )
  .argument("<capture>", "a pcap or pcapng file, or - for stdin")
  .option(...CONFIG_OPTION)
  .option("-a, --address <address>", "an address of the daemon's; may be given several times", collect)
  .option("--json", "print one JSON object a line, the last one a summary")
  .addHelpText("after", paragraphs(MORE_HELP))
  .addHelpText("after", EXAMPLES)
  .action(explain);

async function explain(capture: string, { config: file, address: local, json }: Options): Promise<void> {
  const config = loadConfig(file);
  const doors = withOneTime(config.doors);
  const guards = await guardsFor(config, doors);
  let day = "";
  const { spaPort, spaMaxAgeMs } = config;
  const packets = { keys: keysFor(config), spaPort, spaMaxAgeMs };
  const codeSecrets = codeSecretsFor(doors);
  const explainer = new Explainer(
    { doors, guards: guards.guards, local, ...packets, codeSecrets },
    (sighting, atMs) => {
      const at = new Date(atMs);
      if (json) return print(JSON.stringify(sightingJson(sighting, at.toISOString())));
      if (day !== dayOf(at)) print(dayOf(at));
      day = dayOf(at);
      const { source, knock, verdicts } = sighting;
      const outcomes = verdicts.map(({ outcome }) => outcome);
      printSighting({ at, source, port: knock?.port, words: sightingWords(sighting), outcomes });
    },
  );
  const { isCut } = await read(capture, explainer);
  const answer = explainer.end();
  printSummary(answer, guards.known, json ?? false);
  if (isCut) hint("the capture ends in the middle of a frame");
  // As grep does: nothing was found.
  process.exitCode = answer.opened ? EXIT.OK : EXIT.FAILED;
}

async function read(capture: string, explainer: Explainer): Promise<{ readonly isCut: boolean }> {
  try {
    return await readCapture(capture, (frame) => explainer.see(frame), readingProgress(capture));
  } catch (error) {
    const name = capture === "-" ? "stdin" : JSON.stringify(capture);
    throw new Failure(EXIT.NO_INPUT, `cannot read ${name}: ${reasonOf(error)}`);
  } finally {
    wipeProgress();
  }
}

/** The guards can be known on the daemon's own machine alone, where it also matters which ports are in use. */
async function guardsFor(
  config: Config,
  doors: readonly Door[],
): Promise<{ guards: ReadonlyMap<string, DoorGuards>; known: KnownGuards }> {
  if (!config.scanGuard) return { guards: new Map(), known: "none" };
  const secret = keptGuardSecret(stateDirectory());
  if (secret === undefined) return { guards: new Map(), known: "unknown" };
  const spaPort = config.keys.length > 0 ? config.spaPort : undefined;
  const { guards } = watchlistFor(doors, true, await groundNow(), secret, spaPort);
  return { guards, known: "all" };
}

function collect(text: string, before: readonly Address[] = []): readonly Address[] {
  const address = parseAddress(text);
  if (address === undefined) throw new InvalidArgumentError("expected an IP address such as 192.0.2.7");
  return [...before, address];
}
