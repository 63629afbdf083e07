// Programs that a bench runs: to their end, or beside us until we end them. Every wait is bounded.
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

const RUN_LIMIT_MS = 120_000;
const UNTIL_MS = 20_000;
const STOP_MS = 5000;

/** @type {Set<Program>} */
const programs = new Set();

export class Program {
  stdout = "";
  stderr = "";
  #child;
  #ended;

  /** @param {readonly string[]} argv @param {{input?: string, env?: Record<string, string>, log?: string}} options */
  constructor(argv, { input = "", env = {}, log } = {}) {
    const [file, ...args] = argv;
    // A log of many lines goes to a file by itself: reading it would take time from what is measured.
    const out = log === undefined ? "pipe" : openSync(log, "w");
    this.#child = spawn(file, args, { stdio: ["pipe", out, "pipe"], env: { ...process.env, LC_ALL: "C", ...env } });
    if (typeof out === "number") closeSync(out);
    this.#child.stdout?.on("data", (bytes) => (this.stdout += bytes));
    this.#child.stderr?.on("data", (bytes) => (this.stderr += bytes));
    this.#child.stdin.on("error", () => {});
    this.#child.stdin.end(input);
    programs.add(this);
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", resolve);
    }).finally(() => programs.delete(this));
    this.#ended.catch(() => {});
  }

  get pid() {
    return this.#child.pid;
  }

  /** @param {number} limitMs */
  async ended(limitMs = RUN_LIMIT_MS) {
    return await within(limitMs, this.#ended, () => this.#child.kill("SIGKILL"));
  }

  /** @param {RegExp} pattern */
  async until(pattern) {
    const end = performance.now() + UNTIL_MS;
    while (!pattern.test(this.stdout)) {
      if (performance.now() > end || this.#child.exitCode !== null) throw new Error(`no ${pattern}: ${this.stderr}`);
      await pause(1);
    }
  }

  async stop() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    await this.#ended.catch(() => {});
    clearTimeout(timer);
  }
}

/** Runs a command that must succeed; its stdout. @param {readonly string[]} argv */
export async function ok(argv, options = {}) {
  const program = new Program(argv, options);
  const code = await program.ended();
  if (code !== 0) throw new Error(`${argv.slice(0, 12).join(" ")}: ended with ${code}: ${program.stderr}`);
  return program.stdout;
}

export async function stopAll() {
  await Promise.all([...programs].map((program) => program.stop()));
}

/** @param {number} ms */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function within(limitMs, promise, late) {
  let timer;
  const tooLate = new Promise((_resolve, reject) => {
    timer = setTimeout(() => {
      late();
      reject(new Error(`not ended after ${limitMs} ms`));
    }, limitMs);
  });
  return await Promise.race([promise, tooLate]).finally(() => clearTimeout(timer));
}
