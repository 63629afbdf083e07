// What is behind each door: something must listen there, and not for this machine alone. Hosts behind this one are not asked.
import { readFileSync } from "node:fs";
import { leadsOn } from "../../core/opening.ts";
import { formatPort, type Port } from "../../core/port.ts";
import { type Check, type Finding, fail, ok } from "../machine-check.ts";
import { type Listener, listenersIn } from "../ruleset/listeners.ts";

const TABLES = [
  { path: "/proc/net/tcp", protocol: "tcp" },
  { path: "/proc/net/tcp6", protocol: "tcp" },
  { path: "/proc/net/udp", protocol: "udp" },
  { path: "/proc/net/udp6", protocol: "udp" },
] as const;

export const services: Check = {
  name: "service",
  look({ config }) {
    const listeners = TABLES.flatMap(({ path, protocol }) => listenersIn(readTable(path), protocol));
    return (config?.doors ?? []).flatMap(({ name, open }) =>
      open.filter((opening) => !leadsOn(opening)).map((port) => judge(name, port, listeners)),
    );
  },
};

function judge(door: string, { protocol, number }: Port, all: readonly Listener[]): Finding {
  const port = formatPort({ protocol, number });
  const listeners = all.filter((each) => each.protocol === protocol && each.port === number);
  if (listeners.length === 0)
    return fail(`door ${door}: nothing listens on ${port}`, `start the service; ss -lntup shows what listens`);
  if (listeners.every(({ loopback }) => loopback))
    return fail(
      `door ${door}: ${port} listens on loopback alone, so no door opens it`,
      "let the service listen on other addresses, too",
    );
  return ok(`door ${door}: something listens on ${port}`);
}

/** A kernel without IPv6 has no table for it. */
function readTable(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
