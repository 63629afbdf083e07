// `knockd init`: a first config by a few questions, tried out before anything stays hidden.
import { existsSync } from "node:fs";
import { Command } from "commander";
import { parseConfig } from "../core/config.ts";
import type { Door } from "../core/door.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { hints } from "../core/hints.ts";
import { type Answers, readTrialTime, readYes } from "../core/init-answers.ts";
import { hostWords, howToKnock, nextSteps } from "../core/init-words.ts";
import { doorName, initYaml } from "../core/init-yaml.ts";
import { weaknesses } from "../core/weakness.ts";
import { isTaken, writeNewFile } from "../io/new-file.ts";
import { canAsk } from "../io/prompt.ts";
import { CONFIG_OPTION } from "./config-file.ts";
import { settle } from "./init-ask.ts";
import { type Flags, hostOf, Interview } from "./init-interview.ts";
import { tryOut } from "./init-trial.ts";
import { hint, print } from "./terminal.ts";

const OLD_CONFIG = "/etc/knockd.conf";
const TRIAL = "60s";

interface Options extends Flags {
  readonly config: string;
  readonly trial?: string | boolean;
  readonly yes?: boolean;
}

const MORE_HELP = `
Without --yes it asks for what no flag says; Enter takes what stands in brackets. It never overwrites a config.

The trial is safe over ssh: it hides the port for a minute, and keeps it hidden only if a knock was seen to open it and
you confirm. Otherwise all is visible again, also if this session breaks off or every process of ours is killed: the kernel
itself ends it. Connections that exist go on in any case. With --yes the first knock that opens the port confirms.

A sequence is the simplest way to knock. Stronger: knockd keygen (signed packets), knockd enroll (codes from a phone).`;

export const command = new Command("init")
  .description("make a first config by a few questions, and try it out without locking anybody out")
  .option(...CONFIG_OPTION)
  .option("-i, --interface <name>", "where knocks come in")
  .option("-p, --port <port>", "what to hide, such as 22/tcp (default: the port of this ssh session, or of sshd)")
  .option("-s, --sequence <ports>", "the knock, such as 17301,4312/udp,28119 (default: a random one)")
  .option("-f, --for <time>", "how long the port stays open for a knocker (default: 30s)")
  .option("--host <host>", "this machine as its knockers know it, for the lines to paste")
  .option("--allow <address>", "hide nothing from here (default: where this ssh session comes from)")
  .option("--no-allow", "hide from everyone")
  .option("--trial [time]", `hide it for so long, and keep it if a knock opens it (default: ${TRIAL})`)
  .option("--no-trial", "hide nothing, only write the file")
  .option("-y, --yes", "ask nothing: flags, else what stands in brackets; no trial unless --trial")
  .addHelpText("after", MORE_HELP)
  .action(init);

async function init(options: Options): Promise<void> {
  const { config: file, yes: quiet = false } = options;
  if (isTaken(file))
    throw new Failure(
      EXIT.CONFIG,
      `${JSON.stringify(file)} exists, and is not overwritten`,
      `move it away (mv ${file} ${file}.old), or name another file with -c FILE`,
    );
  if (!quiet && !canAsk())
    throw new Failure(EXIT.USAGE, "no terminal to ask at", "--yes takes what the flags say, and defaults for the rest");
  if (existsSync(OLD_CONFIG))
    hint(`the old knockd's config is here: to take it over instead, knockd import ${OLD_CONFIG} > ${file}`);

  const interview = await Interview.begin(options, quiet);
  const answers = await interview.answers();
  const yaml = initYaml(answers, doorName(answers.port, interview.isSsh(answers.port)));
  const door = checked(yaml, answers);
  const host = hostOf(options.host, interview.address(answers.interface));
  print(["", "How to knock:", ...howToKnock(door, host), hostWords(host), ""].join("\n"));

  const trialMs = await trialTime(options, quiet);
  const kept = trialMs === undefined ? undefined : await tryAgain({ yaml, door, host, forMs: trialMs, quiet });
  if (trialMs !== undefined && kept === undefined && !(await wantsFileAnyway(file, quiet)))
    throw new Failure(EXIT.UNAVAILABLE, "not confirmed: nothing is hidden, and nothing was written");
  try {
    writeNewFile(file, yaml);
  } catch (error) {
    await kept?.end();
    throw error;
  }
  print(["", `${file} is written${kept === undefined ? "; nothing is hidden yet" : ""}.`, ""].join("\n"));
  print(nextSteps(file, CONFIG_OPTION[2], door, host).join("\n"));
}

/** What the daemon will make of it. */
function checked(yaml: string, { port }: Answers): Door {
  const parsed = parseConfig(yaml);
  if ("problems" in parsed) throw new Failure(EXIT.SOFTWARE, parsed.problems.map(({ message }) => message).join("\n"));
  for (const text of [...weaknesses(parsed.config), ...hints(parsed.config)]) hint(text);
  const [door] = parsed.config.doors;
  if (door === undefined) throw new Failure(EXIT.SOFTWARE, `no door for ${port.number}`);
  return door;
}

async function trialTime({ trial }: Options, quiet: boolean): Promise<number | undefined> {
  const time = typeof trial === "string" ? trial : TRIAL;
  const read = (text: string): number => readTrialTime(text);
  const forMs = await settle({ flag: "--trial", text: "", usual: time, read }, time, true);
  const question = {
    flag: "--trial",
    text: `Try it now: hide it for ${forMs / 1000} s, and only keep it if your knock opens it?`,
    usual: quiet ? "n" : "y",
    shown: "Y/n",
    read: readYes,
  };
  const given = trial === undefined ? undefined : trial === false ? "n" : "y";
  return (await settle(question, given, quiet)) ? forMs : undefined;
}

async function tryAgain(terms: Parameters<typeof tryOut>[0]): ReturnType<typeof tryOut> {
  for (;;) {
    const kept = await tryOut(terms);
    if (kept !== undefined || terms.quiet) return kept;
    const question = { flag: "--trial", text: "Try once more?", usual: "y", shown: "Y/n", read: readYes };
    if (!(await settle(question, undefined, false))) return undefined;
  }
}

async function wantsFileAnyway(file: string, quiet: boolean): Promise<boolean> {
  const text = `Write ${file} all the same? It hides nothing until the service is started.`;
  return await settle({ flag: "--no-trial", text, usual: "n", shown: "y/N", read: readYes }, undefined, quiet);
}
