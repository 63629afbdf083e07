// The daemon put together from the real captures, firewall, state and log, from top to bottom: each part knows only those above it.
import type { Config } from "../core/config/config.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { words } from "../core/text/words.ts";
import { captureLog } from "../io/capture/capture-log.ts";
import { Captures } from "../io/capture/captures.ts";
import { bootId } from "../io/clock.ts";
import { runCommand } from "../io/command.ts";
import { Control } from "../io/control/control-server.ts";
import { lockBoth } from "../io/control/lock.ts";
import { MetricsFile } from "../io/control/metrics-file.ts";
import { Tracers } from "../io/control/tracers.ts";
import type { Ending } from "../io/ending.ts";
import { chooseFirewall, takeOver } from "../io/firewall/firewalls.ts";
import { warnOfMachine } from "../io/firewall/machine-warnings.ts";
import { groundNow } from "../io/listening.ts";
import { Logbook } from "../io/log/log.ts";
import { notifyFor } from "../io/notify.ts";
import { WorkerOpener } from "../io/packets/worker-opener.ts";
import { readCodeSecrets } from "../io/state/code-secrets.ts";
import { controlPath, stateDirectory } from "../io/state/directories.ts";
import { readKeys } from "../io/state/key-files.ts";
import { openState } from "../io/state/state.ts";
import { PRIVILEGES_NEEDED } from "../io/tool.ts";
import { tuneForWaiting } from "../io/tuning.ts";
import { ControlRequests } from "./control-requests.ts";
import { Daemon } from "./daemon.ts";
import { configFor, Rereading, type Source, warnOfWeakPoints } from "./reloading.ts";
import type { TrialLimit } from "./trial-limit.ts";

export interface Run extends Source {
  readonly version: string;
  readonly ending: Ending;
  /** Of `knockd init`. */
  readonly trial?: TrialLimit | undefined;
}

type Parts = Awaited<ReturnType<typeof assemble>>;

/** Ends with a signal, or rejects with a Failure when there is no going on. */
export async function runDaemon(run: Run): Promise<void> {
  const config = configFor(run);
  const parts = await assemble(config, run);
  try {
    await start(parts, run);
    await run.ending.promise;
  } finally {
    await stop(parts, run);
  }
}

/** Nothing is hidden, captured or offered yet. */
async function assemble(config: Config, { ending, trial, version, ...source }: Run) {
  const logbook = new Logbook(config);
  const { log } = logbook;
  const notify = notifyFor(log);
  warnOfWeakPoints(source.config, config, log);
  const place = await lockBoth(stateDirectory(), controlPath());

  const firewall = chooseFirewall(config, trial?.expiry);
  const captures = new Captures(config.sniffer, {
    ...captureLog(log),
    denied: (reason) => ending.fail(new Failure(EXIT.NO_PERMISSION, `cannot capture: ${reason}`, PRIVILEGES_NEEDED)),
  });
  await captures.prepare();
  const observer = new Tracers();
  const machine = { boot: bootId(), ground: groundNow, readKeys, readCodeSecrets, runCommand };
  const watch = captures.watch.bind(captures);
  const opener = new WorkerOpener(log);
  const daemon = new Daemon(config, {
    log,
    firewall,
    watch,
    ...openState(stateDirectory(), log),
    ...machine,
    observer,
    opener,
  });

  const metrics = async () =>
    daemon.metrics({ version, startedMs: performance.timeOrigin, captures: await captures.status() });
  const metricsFile = new MetricsFile(metrics, log);
  const rereading = new Rereading(source, config, daemon, log, notify, (taken) => {
    logbook.apply(taken);
    metricsFile.apply(taken.metricsFile);
  });
  const about = { version, pid: process.pid, config: source.config, firewall: config.firewall };
  const asked = { captures: () => captures.status(), metrics, reload: () => rereading.now() };
  const requests = new ControlRequests({ daemon, ...asked, tracers: observer, log, about });
  const control = new Control((request, gone) => requests.answer(request, gone), version);
  return { config, logbook, log, notify, place, firewall, captures, opener, daemon, metricsFile, rereading, control };
}

async function start(parts: Parts, { ending, trial }: Run): Promise<void> {
  const { config, logbook, log, notify, place, captures, daemon, metricsFile, rereading, control } = parts;
  process.on("SIGHUP", () => {
    // Whatever the config says now: logrotate asks in the same way.
    logbook.reopen();
    rereading.signalled();
  });
  await warnOfMachine(config, log);
  await captures.start((frame, local, capture) => daemon.see(frame, local, capture));
  await daemon.start();
  for (const left of await takeOver(config)) log.error({ event: "still-hidden" }, left);
  metricsFile.apply(config.metricsFile);
  // Without its socket the daemon still does what it is for.
  const problem = place.problem ?? (await control.listen(controlPath()));
  if (problem !== undefined) log.warn({ event: "control-failed" }, words.noControl(problem));
  trial?.hold(
    () => daemon.reload(config),
    () => log.info({ event: "trial-confirmed" }, words.kept()),
  );
  // Whoever has waited for us may knock at once.
  await Promise.race([captures.settled(), ending.promise]);
  notify.start(() => words.standing(daemon.view.grants.count, captures.states()));
  tuneForWaiting();
}

async function stop(parts: Parts, { trial }: Run): Promise<void> {
  const { notify, control, captures, opener, daemon, firewall, metricsFile } = parts;
  const told = notify.stop();
  control.close();
  captures.close();
  opener.close();
  await daemon.stop();
  if (trial !== undefined) await firewall.remove();
  await metricsFile.close();
  await told;
}
