// Tells systemd how the daemon fares (sd_notify(3)), and answers its watchdog from the main loop: whoever stalls that is ended.
// Node has no datagram sockets of the unix kind; systemd-notify(1) is wherever systemd is, and costs the loop 0.8 ms a time.
import { reasonOf, words } from "../core/text/words.ts";
import type { Log } from "./log/log.ts";
import { endsWithin } from "./pause.ts";
import { runTool } from "./tool.ts";

/** How often the daemon is asked how it fares. */
const LOOK_MS = 1000;
/** Pings within one watchdog time, so that one which is late ends nobody. */
const PINGS = 3;
/** The end does not wait for a systemd that takes no messages. */
const STOP_LIMIT_MS = 1000;
const READY = "READY=1";

/** What systemd wants to hear, from the environment; nothing where it does not ask. */
export interface Listener {
  readonly socket: string;
  /** Within what time it wants a sign of life. */
  readonly watchdogMs: number | undefined;
}

/** Takes it out of the environment: a door's command is not the daemon. */
export function listenerOf(env: NodeJS.ProcessEnv, pid: number): Listener | undefined {
  const { NOTIFY_SOCKET: socket = "", WATCHDOG_USEC: usec = "", WATCHDOG_PID: whose = String(pid) } = env;
  for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete env[name];
  if (socket === "") return undefined;
  const watchdogMs = Number(usec) / 1000;
  return { socket, watchdogMs: watchdogMs > 0 && whose === String(pid) ? watchdogMs : undefined };
}

/** So long after a ping that arrived; the next look would be too late. */
export function pingIsDue(sinceMs: number, watchdogMs = Number.POSITIVE_INFINITY): boolean {
  return sinceMs > watchdogMs / PINGS - LOOK_MS / 2;
}

export function notifyFor(log: Log): Notify {
  const failed = (reason: string): void => log.warn({ event: "notify-failed" }, words.notNotified(reason));
  return new Notify(listenerOf(process.env, process.pid), failed);
}

export class Notify {
  readonly #listener: Listener | undefined;
  readonly #failed: (reason: string) => void;
  #status: () => string = () => "";
  /** What has arrived; the rest is said again with the next look. */
  #isReadyTold = false;
  #told: string | undefined;
  #pingedMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #toldFailure = false;
  /** One at a time, in order: READY must not overtake RELOADING. BOUNDED: a look waits for the message before it. */
  #sending = 0;
  #tail: Promise<void> = Promise.resolve();

  constructor(listener: Listener | undefined, failed: (reason: string) => void) {
    this.#listener = listener;
    this.#failed = failed;
  }

  /** From now on the daemon does what it is for; `status` says how it fares, in a line. */
  start(status: () => string): void {
    if (this.#listener === undefined) return;
    this.#status = status;
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Before the start there is nothing to tell of it: READY would come too early. */
  reloading(): void {
    if (this.#timer !== undefined) this.#send(["RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`]);
  }

  reloaded(): void {
    if (this.#timer !== undefined) this.#send([READY]);
  }

  /** Resolves once it is told, or soon. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#send(["STOPPING=1", "STATUS="]);
    await endsWithin(this.#tail, STOP_LIMIT_MS);
  }

  #look(): void {
    // A systemd that takes no messages gets no more of them.
    if (this.#sending > 0) return;
    const nowMs = performance.now();
    const status = this.#status();
    const isDue = pingIsDue(nowMs - this.#pingedMs, this.#listener?.watchdogMs);
    const news = [
      ...(this.#isReadyTold ? [] : [READY]),
      ...(status === this.#told ? [] : [`STATUS=${status}`]),
      ...(isDue ? ["WATCHDOG=1"] : []),
    ];
    if (news.length === 0) return;
    this.#send(news, () => {
      this.#told = status;
      if (isDue) this.#pingedMs = nowMs;
    });
  }

  #send(assignments: readonly string[], arrived: () => void = () => {}): void {
    const socket = this.#listener?.socket;
    if (socket === undefined) return;
    this.#sending++;
    this.#tail = this.#tail
      .then(() => runTool(["systemd-notify", ...assignments], "", { NOTIFY_SOCKET: socket }))
      .then(
        () => {
          if (assignments.includes(READY)) this.#isReadyTold = true;
          arrived();
        },
        (error) => {
          if (assignments.includes(READY)) this.#isReadyTold = false;
          this.#sayFailed(error);
        },
      )
      .finally(() => this.#sending--);
  }

  #sayFailed(error: unknown): void {
    if (!this.#toldFailure) this.#failed(reasonOf(error));
    this.#toldFailure = true;
  }
}
