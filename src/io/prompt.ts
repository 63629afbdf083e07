// Asks at the terminal, one question at a time.
import { createInterface } from "node:readline/promises";
import { EXIT, Failure } from "../core/exit.ts";
import { pause } from "./pause.ts";

/** What was typed before arrives within that. */
const DRAIN_MS = 100;
const CTRL_C = 3;

export function canAsk(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

/**
 * The answer, trimmed; undefined if `givenUp` came first. What was typed before the question counts for nothing: nobody
 * shall confirm by accident.
 */
export async function ask(question: string, givenUp?: AbortSignal): Promise<string | undefined> {
  await drain();
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const gone = new AbortController();
  let ended: Failure | undefined;
  // Ctrl-C is for us alone while a question stands, so it is passed on to us as what it means.
  terminal.on("SIGINT", () => {
    terminal.close();
    interrupt();
  });
  terminal.on("close", () => {
    ended = new Failure(EXIT.NO_INPUT, "no answer: the input has ended");
    gone.abort();
  });
  const signal = givenUp === undefined ? gone.signal : AbortSignal.any([gone.signal, givenUp]);
  try {
    return (await terminal.question(question, { signal })).trim();
  } catch (error) {
    if (givenUp?.aborted) return undefined;
    throw ended ?? error;
  } finally {
    terminal.removeAllListeners("close");
    terminal.close();
  }
}

/** Lines that wait in the terminal, and half a line, which only comes in raw mode. */
async function drain(): Promise<void> {
  const look = (typed: Buffer): void => {
    if (typed.includes(CTRL_C)) interrupt();
  };
  process.stdin.setRawMode(true).on("data", look);
  await pause(DRAIN_MS);
  process.stdin.off("data", look).setRawMode(false).pause();
}

function interrupt(): void {
  process.stdin.setRawMode(false);
  process.stdout.write("\n");
  process.kill(process.pid, "SIGINT");
}
