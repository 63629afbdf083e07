// `knockd run`: the daemon in the foreground. Picks the real captures, firewall and log, and ties signals to them.
import { Command } from "commander";
import type { Config } from "../core/config.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { weaknesses } from "../core/weakness.ts";
import { reasonOf, words } from "../core/words.ts";
import { Daemon } from "../daemon.ts";
import { captureLog } from "../io/capture-log.ts";
import { Captures } from "../io/captures.ts";
import { bootId } from "../io/clock.ts";
import { runCommand } from "../io/command.ts";
import { Ending } from "../io/ending.ts";
import { chooseFirewall } from "../io/firewalls.ts";
import { Ledger } from "../io/ledger.ts";
import { portsInUse } from "../io/listening.ts";
import { type Log, openLog } from "../io/log.ts";
import { goAhead } from "../io/priority.ts";
import { guardSecret } from "../io/secret.ts";
import { Serial } from "../io/serial.ts";
import { PRIVILEGES_NEEDED } from "../io/tool.ts";
import { CONFIG_OPTION, loadConfig } from "./config-file.ts";

const DEFAULT_STATE_DIRECTORY = "/var/lib/knockd";

interface Options {
  readonly config: string;
  readonly interface?: string;
}

export const command = new Command("run")
  .description("run the daemon in the foreground; SIGHUP reads the file again, SIGTERM ends it")
  .option(...CONFIG_OPTION)
  .option("-i, --interface <name>", "where to listen; beats the file")
  .action(run);

/** Ends with a signal, or rejects with a Failure when there is no going on. */
async function run(options: Options): Promise<void> {
  // First of all: a signal that comes while we start must find us listening.
  const ending = new Ending();
  process.on("SIGTERM", () => ending.end());
  process.on("SIGINT", () => ending.end());

  const config = configFor(options);
  goAhead();
  const log = openLog(config);
  for (const text of weaknesses(config)) log.warn({ event: "weak" }, text);
  const stateDirectory = stateDirectoryOf(process.env["STATE_DIRECTORY"]);
  const { secret, problem } = guardSecret(stateDirectory);
  if (problem !== undefined) log.warn({ event: "state" }, words.secretNotKept(problem));

  const captures = new Captures(config.sniffer, {
    frame: (frame, local) => daemon.see(frame, local),
    ...captureLog(log),
    denied: (reason) => ending.fail(new Failure(EXIT.NO_PERMISSION, `cannot capture: ${reason}`, PRIVILEGES_NEEDED)),
  });
  const firewall = chooseFirewall(config);
  const watch = captures.watch.bind(captures);
  const ledger = new Ledger(stateDirectory);
  const world = { log, firewall, ledger, runCommand, watch, portsInUse, guardSecret: secret, boot: bootId() };
  const daemon = new Daemon(config, world);

  process.on(
    "SIGHUP",
    oneAtATime(() => reload(options, config, daemon, log)),
  );
  try {
    await captures.start();
    await daemon.start();
    await ending.promise;
  } finally {
    captures.close();
    await daemon.stop();
  }
}

/** A storm of signals needs one more look at the file after the present one, not one each. */
function oneAtATime(task: () => Promise<void>): () => void {
  const serial = new Serial();
  let waits = false;
  return () => {
    if (waits) return;
    waits = true;
    void serial.run("reload", () => {
      waits = false;
      return task();
    });
  };
}

/** A bad file changes nothing. */
async function reload(options: Options, atStart: Config, daemon: Daemon, log: Log): Promise<void> {
  try {
    const config = configFor(options);
    await daemon.reload(config);
    log.info({ event: "reloaded", file: options.config }, words.reloaded(options.config));
    const fixed = (["firewall", "sniffer", "logFormat", "logLevel"] as const).filter(
      (key) => config[key] !== atStart[key],
    );
    if (fixed.length > 0) log.warn({ event: "reloaded" }, words.needsRestart(fixed));
  } catch (error) {
    log.error({ event: "reload-rejected", file: options.config }, words.reloadRejected(reasonOf(error)));
  }
}

/** systemd may name several; the first is ours. */
function stateDirectoryOf(variable: string | undefined): string {
  return variable?.split(":")[0] || DEFAULT_STATE_DIRECTORY;
}

function configFor({ config: file, interface: name }: Options): Config {
  const config = loadConfig(file);
  return name === undefined ? config : { ...config, interfaces: [name] };
}
