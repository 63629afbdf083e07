// What a run would send, for a person to read: ports and addresses, and of a signed packet all but its keys.

import { formatPort } from "../core/port.ts";
import { lastPort } from "../core/totp/totp.ts";
import { messageOf } from "./packet.ts";
import type { CodeKnocks, Packet, Plan, Target } from "./plan.ts";
import { wordsOf } from "./send.ts";

export async function printPlan(
  { sends, wait }: Plan,
  targets: readonly Target[],
  say: (line: string) => void,
): Promise<void> {
  if (sends.by === "packet") for (const target of targets) await printPacket(sends, target, say);
  else {
    for (const target of targets) {
      for (const port of sends.ports) say(wordsOf(port, target));
      if (sends.by === "code") for (const line of codeLines(sends, target)) say(line);
    }
  }
  if (wait !== undefined) say(`then waits for ${formatPort(wait.port)}, ${wait.forMs / 1000} s at most`);
}

async function printPacket(packet: Packet, target: Target, say: (line: string) => void): Promise<void> {
  const [address, ...ports] = (await messageOf(packet, target)).split(",");
  say(`${wordsOf(packet.port, target)}, one signed packet`);
  say(`  user     ${packet.username}`);
  say(`  address  ${address}`);
  say(`  ports    ${ports.join(" ")}`);
  if (packet.timeoutS !== undefined) say(`  for      ${packet.timeoutS} s`);
}

function* codeLines({ firstPort, digits }: CodeKnocks, target: Target): Generator<string> {
  for (let digit = 1; digit < digits; digit += 2) {
    const first = wordsOf({ protocol: "tcp", number: lastPort(firstPort, digit - 1) + 1 }, target);
    yield `${first} to ${lastPort(firstPort, digit + 1)}, as digits ${digit} and ${digit + 1} say`;
  }
}
