// What a command may need, and which lines of knockd.service decide on it: the table beside the unit. Whether it is given, which
// line refuses it and which drop-in gives it are read from their texts.
import { allows, isYes, lastOf, readUnit, type UnitSettings, wordsOf } from "./unit-settings.ts";

export type NeedKind = "network" | "raw-socket" | "home" | "write" | "device" | "root";

export interface Need {
  readonly kind: NeedKind;
  /** What in the command shows it: a program, an address, a path. */
  readonly shown: string;
  /** Of a path, its directory. */
  readonly path?: string;
}

/** knockd.service, with the drop-ins of this machine, and the drop-ins that come with knockd. */
export interface Sandbox {
  readonly unit: readonly string[];
  readonly dropIns: readonly { readonly name: string; readonly text: string }[];
}

interface Row {
  readonly what: (need: Need) => string;
  /** The keys of the unit that decide. */
  readonly keys: readonly string[] | ((need: Need) => readonly string[]);
  readonly given: (unit: UnitSettings, need: Need) => boolean;
}

/** In a drop-in, the place of the path that is meant. */
const ANY_PATH = "/the/directory";

const TABLE: Record<NeedKind, Row> = {
  network: {
    what: () => "the network",
    keys: ["RestrictAddressFamilies", "IPAddressDeny"],
    given: (unit) =>
      allows(unit, "RestrictAddressFamilies", "AF_INET") && !wordsOf(unit, "IPAddressDeny").includes("any"),
  },
  "raw-socket": {
    what: () => "a raw socket",
    keys: ["RestrictAddressFamilies", "CapabilityBoundingSet"],
    given: (unit) =>
      allows(unit, "RestrictAddressFamilies", "AF_INET") && allows(unit, "CapabilityBoundingSet", "CAP_NET_RAW"),
  },
  home: {
    what: ({ shown }) => `to read ${shown}`,
    keys: ["ProtectHome"],
    given: (unit) => !isYes(lastOf(unit, "ProtectHome")) && lastOf(unit, "ProtectHome") !== "tmpfs",
  },
  write: {
    what: ({ shown }) => `to write ${shown}`,
    keys: ({ path = "" }) => [isKernels(path) ? "ProtectKernelTunables" : "ProtectSystem"],
    given: (unit, { path = "/" }) => isWritable(unit, path),
  },
  device: {
    what: ({ shown }) => `the device ${shown}`,
    keys: ["PrivateDevices"],
    given: (unit) => !isYes(lastOf(unit, "PrivateDevices")),
  },
  root: {
    what: () => "root",
    keys: ["User", "CapabilityBoundingSet", "NoNewPrivileges"],
    given: (unit) =>
      (lastOf(unit, "User") ?? "root") === "root" && allows(unit, "CapabilityBoundingSet", "CAP_SYS_ADMIN"),
  },
};

/** Undefined: the unit gives it. A sentence without a place. */
export function refusal(need: Need, sandbox: Sandbox): string | undefined {
  const row = TABLE[need.kind];
  const unit = readUnit(sandbox.unit);
  if (row.given(unit, need)) return undefined;
  const keys = typeof row.keys === "function" ? row.keys(need) : row.keys;
  const lines = keys.flatMap((key) => (unit.get(key) ?? []).map((value) => `${key}=${value}`));
  const by = need.path === undefined ? ` (${need.shown})` : "";
  return `needs ${row.what(need)}${by}, which the service does not have (${lines.join(", ")}): ${remedyFor(need, sandbox)}`;
}

/** The first that gives it; they are ordered by how much they give. */
function remedyFor(need: Need, { unit, dropIns }: Sandbox): string {
  const row = TABLE[need.kind];
  const placed = (text: string): string => text.replaceAll(ANY_PATH, need.path ?? ANY_PATH);
  const fitting = dropIns.find(({ text }) => row.given(readUnit([...unit, placed(text)]), need));
  if (fitting === undefined) return `systemctl edit knockd can change that (systemd.exec(5))`;
  const path = fitting.text.includes(ANY_PATH) ? ` with ReadWritePaths=${need.path ?? ANY_PATH}` : "";
  return `${fitting.name}${path} gives it`;
}

function isWritable(unit: UnitSettings, path: string): boolean {
  const inside = (directory: string): boolean => path === directory || path.startsWith(`${directory}/`);
  if (isKernels(path)) return !isYes(lastOf(unit, "ProtectKernelTunables"));
  if (ownDirectories(unit).some(inside)) return true;
  if (
    wordsOf(unit, "ReadWritePaths")
      .map((word) => word.replace(/^[-+]+/, ""))
      .some(inside)
  )
    return true;
  const isRoot = (lastOf(unit, "User") ?? "root") === "root";
  const shut = { strict: [""], full: ["/usr", "/boot", "/efi", "/etc"] }[lastOf(unit, "ProtectSystem") ?? ""] ?? [
    "/usr",
  ];
  return isRoot && !shut.some((directory) => directory === "" || inside(directory));
}

function isKernels(path: string): boolean {
  return /^\/(proc|sys)\//.test(`${path}/`);
}

function ownDirectories(unit: UnitSettings): string[] {
  const below = (root: string, key: string): string[] => wordsOf(unit, key).map((name) => `${root}/${name}`);
  return [
    ...below("/var/lib", "StateDirectory"),
    ...below("/run", "RuntimeDirectory"),
    ...below("/var/run", "RuntimeDirectory"),
    ...below("/var/log", "LogsDirectory"),
    ...(isYes(lastOf(unit, "PrivateTmp")) ? ["/tmp", "/var/tmp"] : []),
  ];
}
