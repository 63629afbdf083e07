// knockd as its user sees it: what was built, as a command line, and run to its end.
import { fileURLToPath } from "node:url";
import type { Outcome } from "./netns.ts";
import { Running } from "./running.ts";

export const KNOCKD: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL("../../dist/knockd.js", import.meta.url)),
];

export async function knockd(...args: string[]): Promise<Outcome> {
  const running = new Running([...KNOCKD, ...args]);
  return { code: await running.ended(), stdout: running.stdout, stderr: running.stderr };
}
