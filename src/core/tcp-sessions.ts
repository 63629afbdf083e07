// Established TCP connections in the kernel's own table of sockets, /proc/net/tcp and tcp6 (proc(5)).
import { type Address, type Family, familyOf, formatAddress } from "./address.ts";

/** The four numbers that make a session. */
export interface TcpSession {
  readonly family: Family;
  /** Canonical text. */
  readonly remote: string;
  readonly remotePort: number;
  readonly local: string;
  readonly localPort: number;
}

/** `  0: 0100007F:0016 0200000A:A1B2 01 ...`: number, local address and port, the remote ones, state; hexadecimal. */
const LINE =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2}) /gm;
/** Both ends have agreed to it, and neither has seen the end (tcp_states.h): from established to closing. */
const STATES = new Set(["01", "04", "05", "08", "09", "0B"]);
/** What precedes an IPv4 address; that of an IPv4 peer of a socket for both families is written so in the table, too. */
const IPV4_MAPPED = 0x0000ffff;

/** Those at the local ports in `ports`. */
export function tcpSessionsIn(table: string, ports: ReadonlySet<number>): TcpSession[] {
  return [...table.matchAll(LINE)].flatMap(([, local = "", localHex = "", remote = "", remoteHex = "", state = ""]) => {
    const localPort = Number.parseInt(localHex, 16);
    if (!STATES.has(state) || !ports.has(localPort)) return [];
    const ends = { local: addressOf(local), remote: addressOf(remote) };
    return [
      {
        family: familyOf(ends.remote),
        remote: formatAddress(ends.remote),
        remotePort: Number.parseInt(remoteHex, 16),
        local: formatAddress(ends.local),
        localPort,
      },
    ];
  });
}

/** Words of four bytes, each in the machine's own order. */
function addressOf(hex: string): Address {
  const words = [...hex.matchAll(/.{8}/g)].map(([word]) => networkOrder(Number.parseInt(word, 16)));
  const [only = 0, ...more] = words;
  return more.length === 0 ? Int32Array.of(0, 0, IPV4_MAPPED, only) : Int32Array.from(words);
}

function networkOrder(word: number): number {
  const bytes = new DataView(Uint32Array.of(word).buffer);
  return bytes.getInt32(0);
}
