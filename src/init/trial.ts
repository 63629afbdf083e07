// A trial, as `knockd init` sees it: a real daemon with a time limit that hides for a while, and what it tells of knocks.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { EXIT, type ExitCode, Failure } from "../core/exit.ts";
import { LineSplitter } from "../core/text/line-splitter.ts";
import { words } from "../core/text/words.ts";
import { Nftables } from "../io/firewall/nftables/nftables.ts";
import { KEEP, TrialExpiry } from "../io/firewall/trial-expiry.ts";
import { endsWithin } from "../io/pause.ts";
import { controlPath } from "../io/state/directories.ts";

/** Until it hides and listens. */
const START_LIMIT_MS = 15_000;
/** Until it has let go of everything. */
const END_LIMIT_MS = 5_000;
/** BOUNDED: characters of a line of its log, and of what it says when it fails. */
const LINE_MAX = 65_536;
const SAID_MAX = 2_000;
const LINES_SAID_MAX = 6;

export class Trial {
  readonly #directory = `${dirname(controlPath())}-trial`;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  /** Until then the directory and the table may be those of another one. */
  #hasHidden = false;
  /** BOUNDED: SAID_MAX characters each; the newest. */
  #log = "";
  #errors = "";
  readonly #seen: { readonly [Sign in "hides" | "knocked" | "kept"]: (text: string) => void };
  readonly #hides: Promise<string>;
  /** The address that a knock has let in, once there is one. */
  readonly knocked: Promise<string>;
  readonly #kept: Promise<string>;

  /** Begins to hide what this text says; started() tells when it does. */
  constructor(yaml: string, forMs: number) {
    const [hides, sawHiding] = promised();
    const [knocked, sawKnock] = promised();
    const [kept, sawKept] = promised();
    this.#hides = hides;
    this.knocked = knocked;
    this.#kept = kept;
    this.#seen = { hides: sawHiding, knocked: sawKnock, kept: sawKept };
    this.#child = this.#spawn(yaml, forMs);
    this.#ended = once(this.#child, "close").catch((error: unknown) => this.#note(`${error}\n`));
    this.#listen();
  }

  /** Resolves when the time is over, or it ended otherwise, and all is visible again. */
  get over(): Promise<void> {
    return this.#ended.then(() => this.#clear());
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Rejects with a Failure, and nothing hidden, if it cannot be tried on this machine. */
  async started(): Promise<void> {
    const first = Promise.race([this.#hides.then(() => "hides"), this.#ended.then(() => "ended")]);
    if ((await endsWithin(first, START_LIMIT_MS)) && (await first) === "hides") {
      this.#hasHidden = true;
      // What is in memory is enough: on the disk nobody shall find it later.
      return rmSync(this.#file(), { force: true });
    }
    await this.end();
    rmSync(this.#file(), { force: true });
    const said = (this.#errors || this.#log).trim().split("\n").slice(-LINES_SAID_MAX).join("\n");
    throw new Failure(
      this.#code(),
      `cannot try it: ${said.replaceAll("knockd: ", "") || "the daemon does not listen"}`,
    );
  }

  /** Goes on without us, until another knockd takes over. False if it was too late. */
  async keep(): Promise<boolean> {
    this.#child.stdin?.write(KEEP);
    const isKept = this.#kept.then(() => true);
    const isInTime = await Promise.race([isKept, this.#ended.then(() => false)]);
    if (isInTime) this.#child.unref();
    return isInTime;
  }

  /** All is visible again once this resolves. */
  async end(): Promise<void> {
    this.#child.stdin?.end();
    if (!(await endsWithin(this.#ended, END_LIMIT_MS))) this.#child.kill("SIGKILL");
    await this.over;
  }

  #spawn(yaml: string, forMs: number): ChildProcess {
    const { JOURNAL_STREAM: _journal, NOTIFY_SOCKET: _notify, ...env } = process.env;
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    rmSync(this.#file(), { force: true });
    writeFileSync(this.#file(), yaml, { mode: 0o600, flag: "wx" });
    const argv = [process.argv[1] ?? "", "run", "-c", this.#file(), "--trial", `${forMs / 1000}s`];
    // In a session of its own: what the terminal sends (Ctrl-C, a hang-up) ends us, and our end ends it.
    return spawn(process.execPath, argv, {
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        ...env,
        STATE_DIRECTORY: join(this.#directory, "state"),
        RUNTIME_DIRECTORY: join(this.#directory, "run"),
      },
    });
  }

  #listen(): void {
    const { stdin, stdout, stderr } = this.#child;
    const lines = new LineSplitter(LINE_MAX);
    stdin?.on("error", () => {});
    stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#log = (this.#log + text).slice(-SAID_MAX);
      for (const line of lines.push(text)) this.#look(line);
    });
    stderr?.setEncoding("utf8").on("data", (text: string) => this.#note(text));
  }

  #look(line: string): void {
    const [, ip] = OPENED.exec(line) ?? [];
    if (line.startsWith(words.listening(""))) this.#seen.hides(line);
    if (ip !== undefined) this.#seen.knocked(ip);
    if (line === words.kept()) this.#seen.kept(line);
  }

  #note(text: string): void {
    this.#errors = (this.#errors + text).slice(-SAID_MAX);
  }

  /** It clears up by itself unless it was killed. Then we need not wait for the kernel, which would do it at the same time. */
  async #clear(): Promise<void> {
    if (!this.#hasHidden) return;
    rmSync(this.#directory, { recursive: true, force: true });
    if (this.#child.exitCode !== EXIT.OK)
      await new Nftables({ expiry: new TrialExpiry(0, () => {}) }).remove().catch(() => {});
  }

  #code(): ExitCode {
    return Object.values(EXIT).find((code) => code !== EXIT.OK && code === this.#child.exitCode) ?? EXIT.UNAVAILABLE;
  }

  #file(): string {
    return join(this.#directory, "knockd.yaml");
  }
}

const OPENED = new RegExp(`^${words.opened("(\\S+)", "\\S+")}$`);

function promised(): [Promise<string>, (text: string) => void] {
  let resolve: (text: string) => void = () => {};
  const promise = new Promise<string>((done) => {
    resolve = done;
  });
  return [promise, resolve];
}
