// The trial of `knockd init`: hidden for a while, kept only if somebody was seen to come in and says so.
import type { Door } from "../core/door.ts";
import type { Host } from "../core/host.ts";
import { readYes } from "../core/init-answers.ts";
import { keptWords, knockedQuestion, overWords, trialWords } from "../core/init-words.ts";
import { ask } from "../io/prompt.ts";
import { Trial } from "../io/trial.ts";
import { print } from "./terminal.ts";

export interface Terms {
  readonly yaml: string;
  readonly door: Door;
  readonly host: Host;
  readonly forMs: number;
  /** Nobody can be asked: the knock itself confirms. */
  readonly quiet: boolean;
}

export interface Kept {
  readonly end: () => Promise<void>;
}

/** Undefined: not confirmed, and all is as before. */
export async function tryOut({ yaml, door, host, forMs, quiet }: Terms): Promise<Kept | undefined> {
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
  print(overWords(door));
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
