// The signed packet of a door in the words of the clients that send one: which key, for which ports. The keys themselves are
// with their owners, and are in no line.
import type { Door } from "../core/door.ts";
import { formatInside } from "../core/opening.ts";
import type { Port } from "../core/port.ts";
import type { KeyRule } from "../core/spa/key.ts";
import type { Host } from "./howto-host.ts";
import type { Shown } from "./howto-lines.ts";

/** What the one who pastes must fill in: there is no other way to know it than to ask a web site. */
export const OWN_ADDRESS = "ADDRESS";
const SPA_PORT_DEFAULT = 62_201;
const DIGEST_DEFAULT = "sha256";

/** For each key that opens the door, fwknop's client and ours; none for a door that no key opens. */
export function showPackets(door: Door, keys: readonly KeyRule[], host: Host, spaPort: number): Shown[] {
  if (door.spaPorts.length === 0) return [];
  return keys
    .filter(({ doors }) => doors.includes(door.name))
    .flatMap((key) => [
      { tool: `fwknop, key ${key.name}`, ...fwknop(door, key, host, spaPort) },
      { tool: `knock (ours), key ${key.name}`, ...ours(key) },
    ]);
}

/** The stanza of `knockd keygen` in ~/.fwknoprc has the keys. `-s` leaves the address to the packet's way. */
function fwknop({ spaPorts, natOpenings }: Door, key: KeyRule, host: Host, spaPort: number) {
  if (host.kind === "ipv6") return { cannot: "it knows no IPv6" };
  const [nat] = natOpenings;
  const options = [
    `-n ${key.name}`,
    `-A ${(nat === undefined ? spaPorts : [nat]).map(asked).join(",")}`,
    key.source === "sender" ? "-s" : `-a ${OWN_ADDRESS}`,
    `-D ${host.text}`,
    ...(spaPort === SPA_PORT_DEFAULT ? [] : [`-p ${spaPort}`]),
    ...(nat === undefined ? [] : [`-N ${formatInside(nat.to)}`]),
    ...(key.legacy.includes("no-hmac") ? [] : ["--use-hmac"]),
    ...(key.hmac === DIGEST_DEFAULT ? [] : [`--hmac-digest-type ${key.hmac.replace("-", "_")}`]),
    ...(key.legacy.includes("legacy-iv") ? ["-M legacy"] : key.mode === "cbc" ? [] : [`-M ${key.mode}`]),
  ];
  return { line: `fwknop ${options.join(" ")}` };
}

function ours({ name, hmac, mode, legacy }: KeyRule) {
  if (legacy.includes("no-hmac")) return { cannot: "it signs what it sends, which this key does not" };
  if (hmac !== DIGEST_DEFAULT) return { cannot: `it signs with ${DIGEST_DEFAULT}, and this key wants ${hmac}` };
  if (mode !== "cbc") return { cannot: `it enciphers in cbc, and this key wants ${mode}` };
  return { line: `knock --spa ${name}` };
}

function asked({ protocol, number }: Port): string {
  return `${protocol}/${number}`;
}
