// Where things live: systemd names the directories; without it they are the usual ones.
import { join } from "node:path";

const STATE = "/var/lib/knockd";
const RUNTIME = "/run/knockd";

export function stateDirectory(): string {
  return first(process.env["STATE_DIRECTORY"]) || STATE;
}

export function controlPath(): string {
  return join(first(process.env["RUNTIME_DIRECTORY"]) || RUNTIME, "knockd.sock");
}

/** systemd may name several; the first is ours. */
function first(variable: string | undefined): string | undefined {
  return variable?.split(":")[0];
}
