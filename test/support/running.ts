// A command that runs during a test: what it printed so far, waiting for a line, its end. No shell, every wait bounded.

import { type ChildProcess, spawn } from "node:child_process";

/** Generous, for a machine that does much else: only what hangs takes so long. */
const UNTIL_MS = 30_000;
const STOP_MS = 10_000;

export class Running {
  /** BOUNDED: by the length of a test. */
  stdout = "";
  stderr = "";
  readonly #argv: readonly string[];
  readonly #child: ChildProcess;
  /** Its process is gone. A child that it left behind may still hold its pipes. */
  readonly #exit: Promise<void>;
  /** All that it printed has arrived, too. */
  readonly #end: Promise<number | null>;
  readonly #watchers = new Set<() => void>();
  #hasEnded = false;

  constructor(argv: readonly string[], { input = "", typed = false, env = process.env }: RunningOptions = {}) {
    const [file = "", ...args] = argv;
    this.#argv = argv;
    const child = spawn(file, args, { stdio: "pipe", env: { ...env, LC_ALL: "C" } });
    this.#child = child;
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.#hear(() => (this.stdout += text)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.#hear(() => (this.stderr += text)));
    child.stdin.on("error", () => {}); // A command that does not read its input may end before we have written it.
    if (typed) child.stdin.write(input);
    else child.stdin.end(input);
    this.#exit = new Promise((resolve) => {
      child.on("exit", () => resolve());
      child.on("error", () => resolve());
    });
    this.#end = new Promise((resolve, reject) => {
      child.on("close", resolve);
      child.on("error", reject);
    });
    this.#end.finally(() => this.#hear(() => (this.#hasEnded = true))).catch(() => {}); // ended() tells the caller.
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Waits until the pattern stands in what was printed on stdout or stderr together, from the start. */
  async until(pattern: RegExp, limitMs = UNTIL_MS): Promise<RegExpExecArray> {
    const what = `${pattern} from ${this.#argv.join(" ")}`;
    return await new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        act();
      };
      const look = (): void => {
        const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
        if (match !== null) settle(() => resolve(match));
        else if (this.#hasEnded) settle(() => reject(new Error(`ended without ${what}\n${this.#printed()}`)));
      };
      const late = (): void => settle(() => reject(new Error(`${limitMs} ms without ${what}\n${this.#printed()}`)));
      const timer = setTimeout(late, limitMs);
      this.#watchers.add(look);
      look();
    });
  }

  /** Its exit code, or null when a signal ended it. */
  async ended(limitMs = UNTIL_MS): Promise<number | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.signal("SIGKILL");
        reject(new Error(`not ended after ${limitMs} ms: ${this.#argv.join(" ")}\n${this.#printed()}`));
      }, limitMs);
    });
    return await Promise.race([this.#end, late]).finally(() => clearTimeout(timer));
  }

  /** For one whose input is typed. */
  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks it to end, then makes it. */
  async stop(): Promise<void> {
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), STOP_MS);
    await this.#exit.finally(() => clearTimeout(timer));
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  #hear(change: () => void): void {
    change();
    for (const look of [...this.#watchers]) look();
  }

  #printed(): string {
    return `stdout: ${this.stdout}\nstderr: ${this.stderr}`;
  }
}

export interface RunningOptions {
  readonly input?: string;
  /** More is to come, by type(). */
  readonly typed?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

/** Its stdout; it must succeed. */
export async function succeed(limitMs: number, ...argv: string[]): Promise<string> {
  const running = new Running(argv);
  const code = await running.ended(limitMs);
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with exit code ${code}\n${running.stdout}${running.stderr}`);
  return running.stdout;
}
