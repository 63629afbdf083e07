// Where things live: systemd names the directories; without it they are the usual ones.
import { join } from "node:path";

const STATE = "/var/lib/knockd";
const RUNTIME = "/run/knockd";

/** Which of several daemons this is, as `knockd@.service` says; empty: the only one. It becomes part of names in the firewall. */
export function instance(): string {
  return process.env["KNOCKD_INSTANCE"] ?? "";
}

export function stateDirectory(): string {
  return first(process.env["STATE_DIRECTORY"]) || ofInstance(STATE);
}

export function runtimeDirectory(): string {
  return first(process.env["RUNTIME_DIRECTORY"]) || ofInstance(RUNTIME);
}

/** Where systemd starts sniffers for us, which have the privilege that we then need not have; undefined: we start them. */
export function snifferSocket(): string | undefined {
  return process.env["KNOCKD_SNIFFER_SOCKET"] || undefined;
}

export function controlPath(): string {
  return join(runtimeDirectory(), "knockd.sock");
}

/** What the only daemon calls `name`, as this one of several calls it; `knockd@.service` does the same. */
export function ofInstance(name: string, which = instance()): string {
  return which === "" ? name : `${name}-${which}`;
}

/** systemd may name several; the first is ours. */
function first(variable: string | undefined): string | undefined {
  return variable?.split(":")[0];
}
