// `knockd run`: the daemon in the foreground. Picks the real captures, firewall and log, and ties signals to them.
import { Command, Option } from "commander";
import { weaknesses } from "../core/config/weakness.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { parseDuration } from "../core/text/duration.ts";
import { words } from "../core/text/words.ts";
import { ControlRequests } from "../daemon/control-requests.ts";
import { Daemon } from "../daemon/daemon.ts";
import { configFor, Rereading, type Source } from "../daemon/reloading.ts";
import { TrialLimit } from "../daemon/trial-limit.ts";
import { captureLog } from "../io/capture/capture-log.ts";
import { Captures } from "../io/capture/captures.ts";
import { bootId } from "../io/clock.ts";
import { runCommand } from "../io/command.ts";
import { Control } from "../io/control/control-server.ts";
import { lockBoth } from "../io/control/lock.ts";
import { MetricsFile } from "../io/control/metrics-file.ts";
import { Tracers } from "../io/control/tracers.ts";
import { Ending } from "../io/ending.ts";
import { chooseFirewall, takeOver } from "../io/firewall/firewalls.ts";
import { warnOfForwarding } from "../io/firewall/forwarding.ts";
import { portsInUse } from "../io/listening.ts";
import { Logbook } from "../io/log/log.ts";
import { notifyFor } from "../io/notify.ts";
import { goAhead } from "../io/priority.ts";
import { CONFIG_OPTION } from "../io/read-config.ts";
import { readCodeSecrets } from "../io/state/code-secrets.ts";
import { controlPath, stateDirectory } from "../io/state/directories.ts";
import { readKeys } from "../io/state/key-files.ts";
import { openState } from "../io/state/state.ts";
import { PRIVILEGES_NEEDED } from "../io/tool.ts";
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
  .option("-i, --interface <interface>", "where to listen; beats the file")
  .addOption(new Option("--trial <time>", "for knockd init: hide so long, unless told to go on").hideHelp())
  .addHelpText("after", examples("knockd run", "knockd run -c ./knockd.yaml -i eth0"))
  .action(run);

interface Options extends Source {
  readonly trial?: string;
}

/** Ends with a signal, or rejects with a Failure when there is no going on. */
async function run(options: Options): Promise<void> {
  // First of all: a signal that comes while we start must find us listening.
  const ending = Ending.bySignal();
  const trialLimit = options.trial === undefined ? undefined : new TrialLimit(parseDuration(options.trial), ending);
  const config = configFor(options);
  goAhead();

  const logbook = new Logbook(config);
  const { log } = logbook;
  const notify = notifyFor(log);
  // Not their text, which quotes steps.
  const weak = weaknesses(config).length;
  if (weak > 0) log.warn({ event: "weak", points: weak }, words.weak(weak));

  const place = await lockBoth(stateDirectory(), controlPath());
  const state = openState(stateDirectory(), log);
  const captures = new Captures(config.sniffer, {
    ...captureLog(log),
    frame: (frame, local) => daemon.see(frame, local),
    denied: (reason) => ending.fail(new Failure(EXIT.NO_PERMISSION, `cannot capture: ${reason}`, PRIVILEGES_NEEDED)),
  });
  const watch = captures.watch.bind(captures);
  const firewall = chooseFirewall(config, trialLimit?.expiry);
  const tracers = new Tracers();
  const machine = { boot: bootId(), portsInUse, readKeys, readCodeSecrets, runCommand };
  const daemon = new Daemon(config, { log, firewall, watch, ...state, ...machine, observer: tracers });

  const metricsFile = new MetricsFile(() => requests.metrics(), log);
  const rereading = new Rereading(options, config, daemon, log, notify, (taken) => {
    logbook.apply(taken);
    metricsFile.apply(taken.metricsFile);
  });
  process.on("SIGHUP", () => {
    // Whatever the config says now: logrotate asks in the same way.
    logbook.reopen();
    rereading.signalled();
  });
  const about = { version: readVersion(), pid: process.pid, config: options.config, firewall: config.firewall };
  const asked = { captures: () => captures.status(), reload: () => rereading.now() };
  const requests = new ControlRequests({ daemon, ...asked, tracers, log, about });
  const control = new Control((request, gone) => requests.answer(request, gone), about.version);

  try {
    await warnOfForwarding(config.doors, log);
    await captures.start();
    await daemon.start();
    for (const left of await takeOver(config)) log.error({ event: "still-hidden" }, left);
    metricsFile.apply(config.metricsFile);
    // Without its socket the daemon still does what it is for.
    const problem = place.problem ?? (await control.listen(controlPath()));
    if (problem !== undefined) log.warn({ event: "control" }, words.noControl(problem));
    const kept = () => log.info({ event: "kept" }, words.kept());
    trialLimit?.hold(() => daemon.reload(config), kept);
    // Whoever has waited for us may knock at once.
    await Promise.race([captures.settled(), ending.promise]);
    notify.start(() => words.standing(daemon.view.grants.count, captures.states()));
    await ending.promise;
  } finally {
    const told = notify.stop();
    control.close();
    captures.close();
    await daemon.stop();
    if (trialLimit !== undefined) await firewall.remove();
    await metricsFile.close();
    await told;
  }
}
