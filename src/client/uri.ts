// A sequence to hand on, as a URI: knock://host/7000,8000/udp?delay=300&wait=22/tcp#name

import { isIPv6 } from "node:net";
import { EXIT, Failure } from "../core/exit.ts";
import { formatPort, type Port, parsePort } from "../core/port.ts";
import { masked } from "../core/text/masked.ts";
import { DELAY_MAX_MS, type Family } from "./options.ts";

/** What can be said of a profile in a line. It holds no keys, which do not belong in a line. */
export interface Shared {
  readonly name: string | undefined;
  readonly host: string;
  readonly ports: readonly Port[];
  readonly delayMs: number;
  readonly family: Family;
  readonly wait: Port | undefined;
}

export const SCHEME = "knock://";
const FORM = /^knock:\/\/(?<host>\[[^\]]*\]|[^/?#[\]]*)\/(?<rest>.*)$/is;
const EXAMPLE = "such as knock://host/7000,8000/udp?wait=22#name";

export function formatUri({ name, host, ports, delayMs, family, wait }: Shared): string {
  const query = [
    ...(delayMs === 0 ? [] : [`delay=${delayMs}`]),
    ...(family === 0 ? [] : [`family=${family}`]),
    ...(wait === undefined ? [] : [`wait=${formatPort(wait)}`]),
  ];
  return [
    SCHEME,
    isIPv6(host) ? `[${host.replace("%", "%25")}]` : encodeURIComponent(host),
    `/${ports.map(shortPort).join(",")}`,
    query.length === 0 ? "" : `?${query.join("&")}`,
    name === undefined ? "" : `#${encodeURIComponent(name)}`,
  ].join("");
}

export function parseUri(text: string): Shared {
  const { host = "", rest = "" } = FORM.exec(text)?.groups ?? {};
  // What URL would make of the host (a shorter IPv6 address, none with a zone) is not what was written.
  const { pathname, searchParams, hash } = new URL(`${SCHEME}host/${rest}`);
  if (host === "" || pathname === "/")
    throw new Failure(EXIT.FAILED, `expected a URI ${EXAMPLE}, got ${JSON.stringify(masked(text))}`);
  const asked = knownOnly(new Map(searchParams));
  return {
    name: hash === "" ? undefined : decoded(hash.slice(1)),
    host: hostOf(decoded(host)),
    ports: decoded(pathname.slice(1)).split(",").map(readPort),
    delayMs: numberOf("delay", asked.get("delay") ?? "0", DELAY_MAX_MS),
    family: familyOf(asked.get("family")),
    wait: asked.has("wait") ? readPort(asked.get("wait") ?? "") : undefined,
  };
}

/** tcp goes without saying, as on the command line. */
function shortPort(port: Port): string {
  return port.protocol === "tcp" ? String(port.number) : formatPort(port);
}

function hostOf(text: string): string {
  const inside = /^\[(.*)\]$/.exec(text)?.[1];
  if (inside === undefined || isIPv6(inside)) return inside ?? text;
  throw new Failure(EXIT.FAILED, `expected an IPv6 address in brackets, got ${JSON.stringify(masked(text))}`);
}

const KEYS = ["delay", "family", "wait"];

function knownOnly(asked: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const unknown = [...asked.keys()].find((key) => !KEYS.includes(key));
  if (unknown === undefined) return asked;
  throw new Failure(
    EXIT.FAILED,
    `unknown ${JSON.stringify(masked(unknown))} in the URI, expected one of ${KEYS.join(" ")}`,
  );
}

/** `65535/icmp` */
const PORT_CHARACTERS_MAX = 10;

function readPort(text: string): Port {
  // What is longer is no port, and may be a piece of a secret.
  if (text.length > PORT_CHARACTERS_MAX)
    throw new Failure(EXIT.FAILED, `expected a port such as 22/tcp, got ${text.length} characters`);
  try {
    return parsePort(text);
  } catch (error) {
    throw new Failure(EXIT.FAILED, error instanceof RangeError ? error.message : String(error));
  }
}

function familyOf(text: string | undefined): Family {
  if (text === undefined) return 0;
  return numberOf("family", text, 6) === 4 ? 4 : 6;
}

function numberOf(key: string, text: string, max: number): number {
  const isFitting = key === "family" ? /^[46]$/.test(text) : /^\d{1,10}$/.test(text);
  if (isFitting && Number(text) <= max) return Number(text);
  throw new Failure(
    EXIT.FAILED,
    `${key} must be ${key === "family" ? "4 or 6" : `0 to ${max}`}, got ${JSON.stringify(masked(text))}`,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Failure(EXIT.FAILED, `expected percent-encoded characters, got ${JSON.stringify(masked(text))}`);
  }
}
