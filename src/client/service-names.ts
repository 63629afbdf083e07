// Service names such as ssh -> port numbers, from services(5).

import { readFileSync } from "node:fs";
import { EXIT, Failure } from "../core/exit.ts";

const SERVICES = "/etc/services";

export function findSystemService(name: string, protocol: string): number | undefined {
  return findService(readServices(), name, protocol);
}

/** The port of a name or alias in the text of /etc/services; its first line that fits counts. */
export function findService(services: string, name: string, protocol: string): number | undefined {
  for (const line of services.split("\n")) {
    const [official, portText, ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (official !== name && !aliases.includes(name)) continue;
    const [number, lineProtocol] = portText?.split("/") ?? [];
    if (lineProtocol === protocol) return Number(number);
  }
  return undefined;
}

function readServices(): string {
  try {
    return readFileSync(SERVICES, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(EXIT.FAILED, `cannot read service names: ${reason}`, "give the port as a number");
  }
}
