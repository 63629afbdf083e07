// One run: the host is resolved, the knocks or the packet leave, and the service is waited for.

import { EXIT, Failure } from "../core/exit.ts";
import { targetsFor } from "./origin.ts";
import type { Plan } from "./plan.ts";
import { resolveHost } from "./resolve.ts";
import { sendKnocks } from "./send.ts";

export interface Saying {
  readonly verbose: boolean;
  /** Say what would be sent, and send nothing. */
  readonly print: boolean;
  readonly say: (line: string) => void;
}

export async function run(plan: Plan, { verbose, print, say }: Saying): Promise<void> {
  const addresses = await resolveHost(plan.host, plan.family);
  const targets = await targetsFor(addresses, plan.origin);
  const sayMore = verbose ? say : silent;
  if (print) {
    const { printPlan } = await import("./print.ts");
    await printPlan(plan, targets, say);
    return;
  }
  if (plan.sends.by === "packet") {
    const { sendPacket } = await import("./packet.ts");
    await sendPacket(plan.sends, targets, sayMore);
  }
  if (plan.sends.by === "knocks") await sendKnocks(plan.sends, targets, sayMore);
  if (plan.wait === undefined) return;
  const { waitFor } = await import("./wait.ts");
  const { answerWords } = await import("./wait-words.ts");
  const answer = await waitFor(plan.wait, targets);
  const words = answerWords(plan.wait.port, answer);
  if (answer.outcome === "answered") return say(words);
  const isHidden = answer.outcome === "silent" && plan.wait.port.protocol === "tcp";
  throw new Failure(EXIT.FAILED, words, isHidden ? plan.doubt : undefined);
}

function silent(): void {}
