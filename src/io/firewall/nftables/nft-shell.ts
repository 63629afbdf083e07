// One `nft -i` that stays: opening through it costs less than a millisecond, whatever the size of the sets; starting nft costs 7.
import { type ChildProcess, spawn } from "node:child_process";
import { endOf, TOOL_ENV } from "../../tool.ts";

interface Statement {
  readonly text: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** Sent already to an nft that died before it answered. Doing it again is safe: all our statements may be repeated. */
  again: boolean;
}

/**
 * A question that nft answers with this one line, without asking the kernel. Successes are silent: whatever comes before the
 * answer is the error of the statement before.
 */
const QUESTION = "describe ip ttl";
const ANSWER = /^payload expression, datatype integer.*\n/m;

/** Without a home, `nft -i` keeps no history file, which would hold the addresses of all knockers. */
const NFT_ENV: NodeJS.ProcessEnv = { ...TOOL_ENV, HOME: "/dev/null" };

/** Statements that wait are sent together, as one transaction of at most so many. */
const BATCH_MAX = 500;
/** BOUNDED: what an error may say. */
const OUTPUT_MAX = 256 * 1024;
/** nft answers in a millisecond; one that has not after so long hangs and is replaced. */
const ANSWER_LIMIT_MS = 5000;

export class NftShell {
  #child: ChildProcess | undefined;
  /** BOUNDED: by the grants, of which each waits for one statement at most. */
  #waiting: Statement[] = [];
  #sent: Statement[] = [];
  #output = "";
  #limit: NodeJS.Timeout | undefined;

  /** `text` may hold several statements parted by `;`: they are one transaction. Rejects with nft's own words. */
  run(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, resolve, reject, again: false });
      this.#send();
    });
  }

  /** Starts nft now: the first knocker should not wait for that. */
  prepare(): void {
    // What is wrong with it shows when it is needed.
    void this.run("").catch(() => {});
  }

  /** Resolves once it has ended. */
  async end(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.stdin?.end();
    await endOf(child);
  }

  #send(): void {
    if (this.#sent.length > 0 || this.#waiting.length === 0) return;
    this.#sent = this.#waiting.splice(0, BATCH_MAX);
    this.#child ??= this.#start();
    this.#limit = setTimeout(() => this.#child?.kill("SIGKILL"), ANSWER_LIMIT_MS);
    this.#child.stdin?.write(`${this.#sent.map((statement) => statement.text).join("; ")}\n${QUESTION}\n`);
  }

  #start(): ChildProcess {
    // The shell joins stderr to stdout, so that errors and answers come in one order.
    const child = spawn("/bin/sh", ["-c", "exec nft -i 2>&1"], { env: NFT_ENV, stdio: ["pipe", "pipe", "ignore"] });
    child.stdout?.on("data", (chunk: Buffer) => this.#read(chunk.toString()));
    child.stdin?.on("error", () => {});
    child.on("error", (error) => this.#lost(child, error.message));
    child.on("close", () => this.#lost(child, this.#output.trim() || "nft ended"));
    this.#output = "";
    return child;
  }

  #read(text: string): void {
    this.#output = (this.#output + text).slice(-OUTPUT_MAX);
    const answer = ANSWER.exec(this.#output);
    if (answer === null) return;
    const said = this.#output.slice(0, answer.index).trim();
    this.#output = this.#output.slice(answer.index + answer[0].length).trimStart();
    this.#finish(said === "" ? undefined : new Error(`nft: ${said}`));
  }

  #finish(error: Error | undefined): void {
    clearTimeout(this.#limit);
    const sent = this.#sent;
    this.#sent = [];
    // One bad statement spoils its transaction; alone, each gets its own answer.
    if (error !== undefined && sent.length > 1) void this.#runAlone(sent);
    else for (const statement of sent) error === undefined ? statement.resolve() : statement.reject(error);
    this.#send();
  }

  async #runAlone(statements: readonly Statement[]): Promise<void> {
    for (const { text, resolve, reject } of statements) await this.run(text).then(resolve, reject);
  }

  /** What nft was about to do is done again by the next one, once. */
  #lost(child: ChildProcess, reason: string): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    clearTimeout(this.#limit);
    const sent = this.#sent;
    this.#sent = [];
    for (const statement of sent) if (statement.again) statement.reject(new Error(`nft: ${reason}`));
    const first = sent.filter((statement) => !statement.again);
    for (const statement of first) statement.again = true;
    this.#waiting.unshift(...first);
    this.#send();
  }
}
