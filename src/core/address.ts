// IP addresses as values: parsed once at the border, compared as words on the path, written in one canonical form.
import ipaddr from "ipaddr.js";

/**
 * Four 32-bit words, most significant first. IPv4 is kept as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2); such an address is
 * never legal inside an IPv6 packet, so the two families cannot be confused.
 */
export type Address = Int32Array;

export type Family = 4 | 6;

const IPV4_MAPPED = 0x0000ffff;

/** Four words of the unspecified address, for the hot path to overwrite. */
export function emptyAddress(): Address {
  return new Int32Array(4);
}

/** Any spelling of an IPv4 or IPv6 address, or undefined. Zones (`fe80::1%eth0`) and shortened IPv4 (`10.1`) are refused. */
export function parseAddress(text: string): Address | undefined {
  if (text.includes("%") || !isWhole(text)) return undefined;
  const bytes = Uint8Array.from(ipaddr.process(spelled(text)).toByteArray());
  const view = new DataView(bytes.buffer);
  if (bytes.length === 4) return Int32Array.of(0, 0, IPV4_MAPPED, view.getInt32(0));
  return Int32Array.of(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12));
}

/** Dotted for IPv4, RFC 5952 for IPv6: lower case, compressed, without brackets. */
export function formatAddress(address: Address): string {
  const view = new DataView(new ArrayBuffer(16));
  address.forEach((word, index) => {
    view.setInt32(index * 4, word);
  });
  const bytes = [...new Uint8Array(view.buffer)];
  return ipaddr.fromByteArray(familyOf(address) === 4 ? bytes.slice(12) : bytes).toString();
}

export function familyOf(address: Address): Family {
  return address[0] === 0 && address[1] === 0 && address[2] === IPV4_MAPPED ? 4 : 6;
}

/** The family of a canonical address text. */
export function familyOfText(text: string): Family {
  return text.includes(":") ? 6 : 4;
}

export function sameAddress(a: Address, b: Address): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0];
}

/** A 32-bit hash. The seed is secret, so that a stranger cannot choose sources that all land in one place. */
export function hashAddress(address: Address, seed: number): number {
  let hash = seed | 0;
  for (let index = 0; index < 4; index++) {
    hash = Math.imul(hash ^ (address[index] ?? 0), 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca77);
    hash ^= hash >>> 13;
  }
  return hash;
}

/** Writes the network that counts as one knocker: of IPv6 the /64, since whoever has one address of it has 2^64. */
export function writeNetwork(address: Address, network: Address): Address {
  const isIpv6 = familyOf(address) === 6;
  for (let word = 0; word < 4; word++) network[word] = isIpv6 && word > 1 ? 0 : (address[word] ?? 0);
  return network;
}

/** A network such as 192.168.7.0/24 in canonical form (host bits cleared), or undefined. A bare address is a network of one. */
export function parseNetwork(text: string): { family: Family; text: string } | undefined {
  const [host = "", prefix, ...rest] = text.split("/");
  const address = parseAddress(host);
  if (address === undefined || rest.length > 0) return undefined;
  const family = familyOf(address);
  const bits = family === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (!(length <= bits)) return undefined;
  const cidr = `${formatAddress(address)}/${length}`;
  const network = family === 4 ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return { family, text: `${network.toString()}/${length}` };
}

/** `255.255.255.0`, `ffff:ffff::`: what is left of an address when only its network counts. */
export function networkMask(family: Family, bits: number): string {
  return (family === 4 ? ipaddr.IPv4 : ipaddr.IPv6).subnetMaskFromPrefixLength(bits).toString();
}

/** So few are compared one by one faster than hashed. */
const FEW = 8;

/** A set that answers without allocating. BOUNDED: by the addresses of this machine. */
export class AddressSet {
  readonly #few: readonly Address[];
  readonly #buckets = new Map<number, Address[]>();

  constructor(addresses: Iterable<Address>) {
    const all = [...addresses];
    this.#few = all.length <= FEW ? all : [];
    if (all.length <= FEW) return;
    for (const address of all) {
      const hash = hashAddress(address, 0);
      this.#buckets.set(hash, [...(this.#buckets.get(hash) ?? []), address]);
    }
  }

  has(address: Address): boolean {
    for (const member of this.#few) if (sameAddress(member, address)) return true;
    if (this.#buckets.size === 0) return false;
    const bucket = this.#buckets.get(hashAddress(address, 0));
    if (bucket === undefined) return false;
    for (const member of bucket) if (sameAddress(member, address)) return true;
    return false;
  }
}

/** ipaddr.js takes the deprecated `::192.0.2.7` (RFC 4291 section 2.5.5.1) for the IPv4 address; it is another one. */
function spelled(text: string): string {
  return text.replace(/^::(?=\d+\.)/, "0::");
}

function isWhole(text: string): boolean {
  return text.includes(":") ? ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text);
}
