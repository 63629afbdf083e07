// What is behind each door: something must listen there, and not for this machine alone. Hosts behind this one are not asked.
import { readFileSync } from "node:fs";
import type { Door } from "../../core/door.ts";
import { leadsOn } from "../../core/opening.ts";
import { formatPort, type Port } from "../../core/port.ts";
import { arrivalsOf } from "../links.ts";
import type { Machine } from "../machine.ts";
import { type Check, type Finding, fail, ok } from "../machine-check.ts";
import { exposureOf } from "../ruleset/exposure.ts";
import type { Translation } from "../ruleset/fate.ts";
import { type Listener, listenersIn } from "../ruleset/listeners.ts";
import { translatorText } from "../ruleset/translator.ts";

const TABLES = [
  { path: "/proc/net/tcp", protocol: "tcp" },
  { path: "/proc/net/tcp6", protocol: "tcp" },
  { path: "/proc/net/udp", protocol: "udp" },
  { path: "/proc/net/udp6", protocol: "udp" },
] as const;

export const services: Check = {
  name: "service",
  async look(machine) {
    const listeners = TABLES.flatMap(({ path, protocol }) => listenersIn(readTable(path), protocol));
    const led = await translations(machine);
    return (machine.config?.doors ?? []).flatMap((door) =>
      door.open
        .filter((opening) => !leadsOn(opening))
        .map((port) => {
          const translation = led(door, port);
          if (translation === undefined) return judge(door.name, port, listeners);
          return ok(`door ${door.name}: behind ${formatPort(port)}, ${translatorText(translation)}`);
        }),
    );
  },
};

/** What the rules lead on to another place, where something may listen, or not: here nothing needs to. */
async function translations(machine: Machine): Promise<(door: Door, port: Port) => Translation | undefined> {
  const rules = await machine.rules();
  if ("unseen" in rules) return () => undefined;
  const arrivals = arrivalsOf(await machine.links());
  return (door, port) => {
    const exposures = arrivals.map((arrival) => exposureOf(rules.chains, door, port, arrival));
    return exposures.flatMap((exposure) => ("translated" in exposure ? (exposure.translated ?? []) : []))[0];
  };
}

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
