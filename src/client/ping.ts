// One echo request, by ping, which may open raw sockets where we may not.

import { spawn } from "node:child_process";
import { isIPv6 } from "node:net";
import { EXIT, Failure } from "../core/exit.ts";
import type { Target } from "./plan.ts";

/** How long it waits for an answer, which nobody needs. */
const ANSWER_S = 1;
/** macOS's ping6 has no such option. */
const PING_MS = ANSWER_S * 1000 + 500;

export async function sendEcho(target: Target, size: number): Promise<void> {
  const [program = "", ...args] = pingArgv(target, size, process.platform);
  const ping = spawn(program, args, { stdio: "ignore" });
  const timer = setTimeout(() => ping.kill(), PING_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      ping.on("close", () => resolve());
      ping.on("error", (error) => {
        reject(
          new Failure(
            EXIT.FAILED,
            `cannot run ${program}: ${error.message}`,
            "an icmp knock needs ping, of iputils-ping",
          ),
        );
      });
    });
  } finally {
    clearTimeout(timer);
  }
}

export function pingArgv({ address, source }: Target, size: number, platform: string): string[] {
  const once = ["-n", "-c", "1", "-s", String(size)];
  if (platform === "darwin") {
    const from = source === undefined ? [] : ["-S", source];
    // There, -W would be in milliseconds.
    if (isIPv6(address)) return ["ping6", ...once, ...from, address];
    return ["ping", ...once, "-t", String(ANSWER_S), ...from, address];
  }
  return ["ping", ...once, "-W", String(ANSWER_S), ...(source === undefined ? [] : ["-I", source]), address];
}
