// A host as somebody writes it on a command line: an address or a name, and nothing that a shell could take for more.
import { familyOfText, parseAddress } from "../core/address.ts";

export interface Host {
  readonly text: string;
  readonly kind: "ipv4" | "ipv6" | "name";
}

const NAME_MAX = 253;
/** RFC 1123 section 2.1, and the underscore that some names have. A name that begins with `-` would be an option. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;
/** `fe80::1%eth0`: a link-local address means nothing without its interface. */
const ZONE = /^%[\w.-]{1,15}$/;

/** Throws a RangeError that says what was expected. */
export function parseHost(text: string): Host {
  const [address = "", zone = ""] = text.split(/(?=%)/s);
  const isAddress = parseAddress(address) !== undefined && text === address + zone;
  if (isAddress && zone === "") return { text, kind: familyOfText(text) === 4 ? "ipv4" : "ipv6" };
  if (isAddress && familyOfText(address) === 6 && ZONE.test(zone)) return { text, kind: "ipv6" };
  if (isName(text)) return { text, kind: "name" };
  throw new RangeError(`expected an IP address or a host name, got ${JSON.stringify(text)}`);
}

function isName(text: string): boolean {
  const labels = text.replace(/\.$/, "").split(".");
  // No top-level name is a number: `10.1` is some tools' way to write an address, and `7000` a port in the wrong place.
  return text.length <= NAME_MAX && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "");
}
