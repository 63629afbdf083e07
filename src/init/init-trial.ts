// The trial of `knockd init`: hidden for a while, kept only if somebody was seen to come in and says so.

import type { Door } from "../core/door.ts";
import type { Obstacle } from "../doctor/look-ahead.ts";
import type { Host } from "../howto/howto-host.ts";
import { ask } from "../io/prompt.ts";
import { print } from "../io/terminal.ts";
import { readTrialTime, readYes } from "./init-answers.ts";
import { settle } from "./init-ask.ts";
import { keptWords, knockedQuestion, overWords, trialWords } from "./init-words.ts";
import { Trial } from "./trial.ts";

export const TRIAL = "60s";

export interface Terms {
  readonly yaml: string;
  readonly door: Door;
  readonly host: Host;
  readonly forMs: number;
  /** What drops the port all the same. */
  readonly obstacle: Obstacle | undefined;
  /** Nobody can be asked: the knock itself confirms. */
  readonly quiet: boolean;
}

export interface Kept {
  readonly end: () => Promise<void>;
}

/** `given`: by the flag. Undefined: no trial is wanted. */
export async function trialTime(given: string | boolean | undefined, quiet: boolean): Promise<number | undefined> {
  const time = typeof given === "string" ? given : TRIAL;
  const forMs = await settle({ flag: "--trial", text: "", usual: TRIAL, read: readTrialTime }, time, true);
  if (given !== undefined) return given === false ? undefined : forMs;
  const text = `Try it now: hide it for ${forMs / 1000} s, and only keep it if your knock opens it?`;
  return !quiet && (await agrees("--trial", text)) ? forMs : undefined;
}

/** Undefined: not confirmed, and all is as before. */
export async function tryOut(terms: Terms): Promise<Kept | undefined> {
  for (;;) {
    const kept = await tryOnce(terms);
    if (kept !== undefined || terms.quiet || !(await agrees("--trial", "Try once more?"))) return kept;
  }
}

export async function wantsFileAnyway(file: string, quiet: boolean): Promise<boolean> {
  const text = `Write ${file} all the same? It hides nothing until the service is started.`;
  return await settle({ flag: "--no-trial", text, usual: "n", shown: "y/N", read: readYes }, undefined, quiet);
}

function agrees(flag: string, text: string): Promise<boolean> {
  return settle({ flag, text, usual: "y", shown: "Y/n", read: readYes }, undefined, false);
}

async function tryOnce({ yaml, door, host, forMs, quiet, obstacle }: Terms): Promise<Kept | undefined> {
  const trial = new Trial(yaml, forMs);
  await trial.started();
  print(trialWords(door, host, forMs / 1000).join("\n"));
  const over = trial.over.then(() => undefined);
  const ip = await Promise.race([trial.knocked, over]);
  const confirmed = ip !== undefined && (quiet || (await isWanted(knockedQuestion(door, ip), over)));
  if (confirmed && (await trial.keep())) {
    print(keptWords(door, trial.pid).join("\n"));
    return trial;
  }
  await trial.end();
  print(overWords(door, obstacle));
  return undefined;
}

/** Only a yes is a yes. */
async function isWanted(question: string, over: Promise<unknown>): Promise<boolean> {
  const late = new AbortController();
  void over.then(() => late.abort());
  const answer = await ask(question, late.signal);
  if (answer === undefined) print("");
  try {
    return readYes(answer ?? "n");
  } catch {
    return false;
  }
}
