// `knockd init`: a first config by a few questions, tried out before anything stays hidden.
import { existsSync } from "node:fs";
import { Command } from "commander";
import { parseConfig } from "../core/config/config.ts";
import { hints } from "../core/config/hints.ts";
import { weaknesses } from "../core/config/weakness.ts";
import type { Door } from "../core/door.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { formatPort, type Port } from "../core/port.ts";
import { reasonOf } from "../core/text/words.ts";
import { unitOf } from "../doctor/systemctl.ts";
import { type Host, parseHost } from "../howto/howto-host.ts";
import { guessHost, isSsh, isUsed } from "../init/init-guess.ts";
import { type Flags, interview, lookAround } from "../init/init-interview.ts";
import { lookAhead } from "../init/init-look.ts";
import { TRIAL, trialTime, tryOut, wantsFileAnyway } from "../init/init-trial.ts";
import { bootWarning, hostWords, howToKnock, nextSteps } from "../init/init-words.ts";
import { doorName, initYaml } from "../init/init-yaml.ts";
import { isTaken, refuseUnwritable, writeNewFile } from "../io/new-file.ts";
import { canAsk } from "../io/prompt.ts";
import { CONFIG_OPTION } from "../io/read-config.ts";
import { hint, print } from "../io/terminal.ts";
import { examples } from "./help-text.ts";

const OLD_CONFIG = "/etc/knockd.conf";

interface Options extends Flags {
  readonly host?: string;
  readonly config: string;
  readonly trial?: string | boolean;
  readonly yes?: boolean;
}

export const command = new Command("init")
  .summary("make a first config by a few questions, and try it out")
  .description(
    "Makes a first config by a few questions; Enter takes what stands in brackets, --yes asks nothing. It never " +
      "overwrites one. The trial is safe over ssh: it hides the port for a minute, and keeps it hidden only if a knock " +
      "was seen to open it and you confirm (with --yes, the knock confirms). Otherwise all is visible again, also if this " +
      "session breaks off or every process of ours is killed: the kernel itself ends it. Connections that exist go on in " +
      "any case. Stronger than a sequence: knockd keygen.",
  )
  .option(...CONFIG_OPTION)
  .option("-i, --interface <interface>", "where knocks come in")
  .option("-p, --port <port>", "what to hide, such as 22/tcp (default: the port of this ssh session, or of sshd)")
  .option("-s, --sequence <ports>", "the knock, such as 17301,4312/udp,28119 (default: a random one)")
  .option("-f, --for <time>", "how long the port stays open for a knocker (default: 30s)")
  .option("--host <host>", "this machine as its knockers know it, for the lines to paste")
  .option("--allow <address>", "hide nothing from here (default: where this ssh session comes from)")
  .option("--no-allow", "hide from everyone")
  .option("--trial [time]", `hide it for so long, and keep it if a knock opens it (default: ${TRIAL})`)
  .option("--no-trial", "hide nothing, only write the file")
  .option("-y, --yes", "ask nothing: flags, else what stands in brackets; no trial unless --trial")
  .addHelpText("after", examples("knockd init", "knockd init --yes --port 22/tcp --allow 203.0.113.9"))
  .action(init);

async function init(options: Options): Promise<void> {
  const { config: file, yes: quiet = false } = options;
  if (isTaken(file))
    throw new Failure(
      EXIT.CONFIG,
      `${JSON.stringify(file)} exists, and is not overwritten`,
      `move it away (mv ${file} ${file}.old), or name another file with -c FILE`,
    );
  refuseUnwritable(file);
  if (!quiet && !canAsk())
    throw new Failure(EXIT.USAGE, "no terminal to ask at", "--yes takes what the flags say, and defaults for the rest");
  if (existsSync(OLD_CONFIG))
    hint(`the old knockd's config is here: to take it over instead, knockd import ${OLD_CONFIG} > ${file}`);

  const around = await lookAround();
  const answers = await interview(around, options, quiet);
  const { port } = answers;
  if (!isUsed(around, port)) hint(`nothing uses ${formatPort(port)} on this machine yet`);
  const yaml = initYaml(answers, doorName(port, isSsh(port, around)));
  const door = checked(yaml, port);
  const host = hostOf(options.host ?? guessHost(around, answers.interface) ?? "HOST");
  print(["", "How to knock:", ...howToKnock(door, host), hostWords(host), ""].join("\n"));

  const obstacle = await lookAhead(door, answers.interface, quiet);
  const forMs = await trialTime(options.trial, quiet);
  const kept = forMs === undefined ? undefined : await tryOut({ yaml, door, host, forMs, quiet, obstacle });
  if (forMs !== undefined && kept === undefined && !(await wantsFileAnyway(file, quiet)))
    throw new Failure(EXIT.UNAVAILABLE, "not confirmed: nothing is hidden, and nothing was written");
  try {
    writeNewFile(file, yaml);
  } catch (error) {
    await kept?.end();
    throw error;
  }
  print(["", `${file} is written${kept === undefined ? "; nothing is hidden yet" : ""}.`, ""].join("\n"));
  const unit = await unitOf();
  const warning = kept === undefined ? bootWarning(unit?.get("UnitFileState"), door) : undefined;
  if (warning !== undefined) hint(warning);
  const runs = unit?.get("ActiveState") === "active";
  print(nextSteps(file, CONFIG_OPTION[2], door, host, runs).join("\n"));
}

/** What the daemon will make of it. */
function checked(yaml: string, port: Port): Door {
  const parsed = parseConfig(yaml);
  if ("problems" in parsed) throw new Failure(EXIT.SOFTWARE, parsed.problems.map(({ message }) => message).join("\n"));
  for (const text of [...weaknesses(parsed.config), ...hints(parsed.config)]) hint(text);
  const [door] = parsed.config.doors;
  if (door === undefined) throw new Failure(EXIT.SOFTWARE, `no door for ${formatPort(port)}`);
  return door;
}

function hostOf(text: string): Host {
  try {
    return parseHost(text);
  } catch (error) {
    throw new Failure(EXIT.USAGE, `--host: ${reasonOf(error)}`);
  }
}
