// The doors of knockd.yaml as far as somebody needs to know them who is typing: read without the schema, which takes longer.
import { formatPort, parsePort } from "../port.ts";

export interface DoorOutline {
  readonly name: string;
  /** `22/tcp`. */
  readonly opens: readonly string[];
}

/** `file` is the whole file's value. What is no door, or no port, is left out. */
export function doorOutlines(file: unknown): DoorOutline[] {
  return entriesOf(field(file, "doors")).map(([name, door]) => {
    const open = field(door, "open");
    return { name, opens: (Array.isArray(open) ? open : [open]).flatMap(portOf) };
  });
}

/** A port, or one that leads on to a host behind this one: `{ port: 22, to: ... }`. */
function portOf(written: unknown): string[] {
  const port = typeof written === "object" ? field(written, "port") : written;
  if (typeof port !== "string" && typeof port !== "number") return [];
  try {
    return [formatPort(parsePort(String(port)))];
  } catch {
    return [];
  }
}

function field(value: unknown, name: string): unknown {
  return entriesOf(value).find(([key]) => key === name)?.[1];
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
