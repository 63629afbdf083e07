// A port with its protocol: the step of a sequence, and what a door opens.

export type Protocol = "tcp" | "udp" | "icmp";

/** `22/tcp`. For icmp, `number` is the count of data bytes in an echo request (RFC 792; `ping -s 100` is `100/icmp`). */
export interface Port {
  readonly protocol: Protocol;
  readonly number: number;
}

/** The largest echo request that an Ethernet link carries unfragmented over IPv4: 1500 - 20 - 8. */
export const ICMP_SIZE_MAX = 1472;
export const PORT_MAX = 65535;
const FORM = /^(\d{1,10})(?:\s*[/:]\s*([a-z]+))?$/;

/** Reads `22/tcp`, knockd's `22:tcp`, or a bare `22` (tcp). Throws a RangeError that says what was expected. */
export function parsePort(text: string): Port {
  const match = FORM.exec(text.trim().toLowerCase());
  if (match === null) throw new RangeError(`expected a port such as 22/tcp, got ${JSON.stringify(text)}`);
  const number = Number(match[1]);
  const protocol = match[2] ?? "tcp";
  if (protocol === "icmp") {
    if (number <= ICMP_SIZE_MAX) return { protocol, number };
    throw new RangeError(`icmp size must be 0 to ${ICMP_SIZE_MAX} bytes, got ${JSON.stringify(text)}`);
  }
  if (protocol !== "tcp" && protocol !== "udp") {
    throw new RangeError(`protocol must be tcp, udp or icmp, got ${JSON.stringify(text)}`);
  }
  if (number < 1 || number > PORT_MAX)
    throw new RangeError(`port must be 1 to ${PORT_MAX}, got ${JSON.stringify(text)}`);
  return { protocol, number };
}

export function formatPort(port: Port): string {
  return `${port.number}/${port.protocol}`;
}

const PROTOCOLS: Record<Protocol, number> = { tcp: 0, udp: 1, icmp: 2 };
const PROTOCOL_OF_KEY: readonly Protocol[] = ["tcp", "udp", "icmp"];

/** One small integer for a port, so that the path compares and looks up numbers. */
export function portKey(protocol: Protocol, number: number): number {
  return PROTOCOLS[protocol] * 0x10000 + number;
}

export function portOfKey(key: number): Port {
  return { protocol: PROTOCOL_OF_KEY[key >>> 16] ?? "tcp", number: key & 0xffff };
}
