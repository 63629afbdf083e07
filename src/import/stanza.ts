// A stanza of access.conf -> a key and its door, as far as they can mean the same.

import { formatAddress, parseAddress } from "../core/address.ts";
import { positiveDuration } from "../core/config/schema-forms.ts";
import { formatPort, type Port, parsePort } from "../core/port.ts";
import type { AccessDirective, Stanza } from "./access-conf.ts";
import type { DoorDraft, KeyDraft, Value } from "./draft.ts";
import { quoteOf, type Say } from "./note.ts";
import { keyTerms, type Secrets, secretsOf } from "./stanza-secrets.ts";

export interface ImportedKey {
  readonly name: string;
  readonly line: number;
  readonly keys: readonly KeyDraft[];
  readonly shut: readonly string[];
  readonly secrets: Secrets | undefined;
  readonly door: DoorDraft;
}

/** fwknopd's defaults for FW_ACCESS_TIMEOUT and MAX_FW_TIMEOUT. */
const DEFAULT_TIMEOUT_S = 30;
const DEFAULT_LONGEST_S = 300;
/** What may be quoted, by the form of the value: addresses, ports, numbers. */
const ADDRESSES = /^[\da-fA-F.:/, ]+$/;
const PORT = /^[a-z]{1,8}\/\d{1,6}$/i;
const NUMBER = /^[-+.\d]{1,20}$/;
const NAT = ["FORCE_NAT", "FORCE_SNAT", "FORCE_MASQUERADE", "FORWARD_ALL", "DISABLE_DNAT"];
/** Nothing here runs what a packet says, and no gpg. */
const NEVER: Readonly<Record<string, string>> = {
  ENABLE_CMD_EXEC: "commands in packets are never run",
  ENABLE_CMD_SUDO_EXEC: "commands in packets are never run",
  CMD_EXEC_USER: "no other user is taken on; the service is user knockd",
  CMD_EXEC_GROUP: "no other group is taken on; the service is group knockd",
  CMD_SUDO_EXEC_USER: "no sudo is run",
  CMD_SUDO_EXEC_GROUP: "no sudo is run",
  SUDO_EXE: "no sudo is run",
  REQUIRE_USERNAME: "not kept: whoever has the key writes any name",
};

export function importStanza(stanza: Stanza, name: string, directory: string, say: Say, refuse: Say): ImportedKey {
  const shut: string[] = [];
  const get = (key: string) => stanza.directives.get(key);
  const close = (directive: { name: string; line: number }, reason: string): void => {
    say(directive.line, `${directive.name}: ${reason}; the key is written as a comment`);
    shut.push(`${directive.name}: ${reason}`);
  };
  if (stanza.source.toUpperCase() !== "ANY")
    close(
      { name: "SOURCE", line: stanza.line },
      `a key holds wherever it is used, not only at ${quoteOf(stanza.source, ADDRESSES, "the addresses here")}`,
    );
  for (const directive of stanza.directives.values()) {
    const never = NEVER[directive.name];
    if (never !== undefined && !isNo(directive)) say(directive.line, `${directive.name}: ${never}`);
    if (directive.name.startsWith("GPG_"))
      say(directive.line, `${directive.name}: packets made with GnuPG are not known here`);
    if (NAT.includes(directive.name) && !isNo(directive))
      close(directive, "would open something else than it says here");
  }
  if (get("REQUIRE_SOURCE_ADDRESS") === undefined && get("REQUIRE_SOURCE") === undefined)
    say(stanza.line, `key ${name}: packets of fwknop -s are refused; source: sender in the key takes them`);

  const secrets = secretsOf(stanza, say, refuse, close);
  const door = doorFor(stanza, get, say, close);
  const file: KeyDraft = { key: "file", value: `${directory}/${name}`, line: stanza.line, above: [] };
  const doors: KeyDraft = { key: "doors", value: { argv: [door.name] }, line: stanza.line, above: [] };
  return {
    name,
    line: stanza.line,
    keys: [file, doors, ...keyTerms(stanza, say, close)],
    shut,
    secrets,
    door: { ...door, shut },
  };
}

type Close = (directive: { name: string; line: number }, reason: string) => void;

function doorFor(stanza: Stanza, get: (key: string) => AccessDirective | undefined, say: Say, close: Close): DoorDraft {
  const ports = portsFor(stanza, get, say, close);
  const open = get("CMD_CYCLE_OPEN");
  const command = open === undefined ? undefined : commandOf(open, close);
  const list: Value = ports.length === 1 && ports[0] !== undefined ? formatPort(ports[0]) : ports;
  const draft = (key: string, value: Value, line: number): KeyDraft => ({ key, value, line, above: [] });
  const keys = [draft("spa", open === undefined ? true : list, stanza.line)];
  if (open === undefined) keys.push(draft("open", list, get("OPEN_PORTS")?.line ?? stanza.line));
  else keys.push(draft("start_command", command ?? open.value, open.line));
  const stop = get("CMD_CYCLE_CLOSE");
  const stops = open !== undefined && stop !== undefined && stop.value !== "NONE";
  if (stops) keys.push(draft("stop_command", commandOf(stop, close) ?? stop.value, stop.line));
  keys.push(...timesOf(get, open !== undefined, say, close));
  keys.push(...targetOf(get("DESTINATION"), close));
  return { name: doorName(ports), line: stanza.line, above: [], keys, after: [], shut: [] };
}

/** A packet may ask for another time than the default, up to the longest, which also limits the default. */
function timesOf(
  get: (key: string) => AccessDirective | undefined,
  runsCommands: boolean,
  say: Say,
  close: Close,
): KeyDraft[] {
  const draft = (key: string, value: Value, line: number): KeyDraft => ({ key, value, line, above: [] });
  const cycle = runsCommands ? get("CMD_CYCLE_TIMER") : undefined;
  const timer = cycle ?? get("FW_ACCESS_TIMEOUT");
  const asked = secondsOf(timer, DEFAULT_TIMEOUT_S, close);
  const longest = get("MAX_FW_TIMEOUT");
  const most = cycle === undefined ? secondsOf(longest, DEFAULT_LONGEST_S, close) : asked;
  const seconds = Math.min(asked, most);
  if (timer !== undefined && seconds < asked) {
    const why =
      longest === undefined ? `fwknopd's default for MAX_FW_TIMEOUT` : `MAX_FW_TIMEOUT of line ${longest.line}`;
    say(timer.line, `${timer.name} ${asked}: ended after ${seconds} seconds, as by fwknopd: that is ${why}`);
  }
  return [
    draft(runsCommands ? "cmd_timeout" : "for", seconds, timer?.line ?? 0),
    ...(most > seconds ? [draft("max_for", most, longest?.line ?? 0)] : []),
  ];
}

function portsFor(stanza: Stanza, get: (key: string) => AccessDirective | undefined, say: Say, close: Close): Port[] {
  const open = get("OPEN_PORTS");
  const restrict = get("RESTRICT_PORTS");
  if (open === undefined) {
    close({ name: "OPEN_PORTS", line: stanza.line }, "not there, and a door here opens the ports that it names");
    return [];
  }
  const ports = readPorts(open, close);
  const not = new Set(restrict === undefined ? [] : readPorts(restrict, close).map(formatPort));
  const left = ports.filter((port) => !not.has(formatPort(port)));
  if (restrict !== undefined)
    say(restrict.line, "RESTRICT_PORTS: not needed, only the ports of the door can be asked for");
  if (left.length === 0 && ports.length > 0) close(open, "RESTRICT_PORTS leaves no port of it");
  return left;
}

/** `tcp/22,udp/53` */
function readPorts(directive: AccessDirective, close: Close): Port[] {
  if (/^any$/i.test(directive.value)) {
    close(directive, "ANY: a door opens the ports that it names, as in OPEN_PORTS tcp/22");
    return [];
  }
  return directive.value.split(",").flatMap((item) => {
    const [, protocol, number] = /^\s*(tcp|udp)\/(\d+)\s*$/i.exec(item) ?? [];
    try {
      return [parsePort(`${number ?? ""}/${protocol ?? ""}`)];
    } catch {
      close(directive, `expected ports such as tcp/22, got ${quoteOf(item.trim(), PORT)}`);
      return [];
    }
  });
}

/** fwknopd puts more into a command than the address; here the rest of a packet never reaches one. */
function commandOf({ name, line, value }: AccessDirective, close: Close): string | undefined {
  const command = value.replace(/\$(IP|SRC)\b/g, "%IP%");
  const other = /\$(PKT_SRC|DST|PORT|PROTO|CLIENT_TIMEOUT|TIMEOUT)\b/.exec(command)?.[0];
  if (other !== undefined) close({ name, line }, `a command is given %IP% alone, not ${other}`);
  return other === undefined ? command : undefined;
}

function secondsOf(directive: AccessDirective | undefined, otherwise: number, close: Close): number {
  if (directive === undefined) return otherwise;
  const seconds = /^\d+$/.test(directive.value) ? Number(directive.value) : -1;
  if (positiveDuration.safeParse(seconds).success) return seconds;
  // fwknopd takes 0 for its default.
  if (seconds !== 0) close(directive, `expected 1 second to a year, got ${quoteOf(directive.value, NUMBER)}`);
  return otherwise;
}

function targetOf(directive: AccessDirective | undefined, close: Close): KeyDraft[] {
  if (directive === undefined || directive.value.toUpperCase() === "ANY") return [];
  const address = parseAddress(directive.value.replace(/\/32$/, ""));
  if (address !== undefined) return [{ key: "target", value: formatAddress(address), line: directive.line, above: [] }];
  close(directive, `a door has one target, not ${quoteOf(directive.value, ADDRESSES, "what stands here")}`);
  return [];
}

function doorName(ports: readonly Port[]): string {
  if (ports.length === 0) return "none";
  return `open-${ports.map(({ number }) => number).join("-")}`.slice(0, 48).replace(/-$/, "");
}

function isNo({ value }: AccessDirective): boolean {
  return /^n/i.test(value);
}
