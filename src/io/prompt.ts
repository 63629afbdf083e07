// Asks at the terminal, one question at a time.
import { createInterface } from "node:readline/promises";
import { EXIT, Failure } from "../core/exit.ts";

export function canAsk(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

/**
 * The answer, trimmed; undefined if `givenUp` came first. What was typed before the question counts for nothing: nobody
 * shall confirm by accident.
 */
export async function ask(question: string, givenUp?: AbortSignal): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const gone = new AbortController();
  let ended: Failure | undefined;
  // Ctrl-C is for us alone while a question stands, so it is passed on to us as what it means.
  terminal.on("SIGINT", () => {
    terminal.close();
    process.stdout.write("\n");
    process.kill(process.pid, "SIGINT");
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
