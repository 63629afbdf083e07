// The knocking client of a lab: see knocker.js.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export class Knocker {
  readonly #child: ChildProcess;
  readonly #waiting: ((atMs: number) => void)[] = [];

  /** `argv` runs knocker.js in the namespace of the client, with whose end it ends. */
  constructor([file = "", ...args]: readonly string[]) {
    this.#child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdin?.on("error", () => {});
    if (this.#child.stdout === null) throw new Error("the knocker has no stdout");
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#waiting.shift()?.(Number(line.split(" ")[1]));
    });
  }

  /** When the last step left. */
  knock(source: string, ports: readonly number[]): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin?.write(`${[source, ...ports].join(" ")}\n`);
    });
  }

  end(): void {
    this.#child.stdin?.end();
  }
}
