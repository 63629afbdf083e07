// Where other machines may send honest packets: the local ports that something listens on. A guard must not stand there.
import { open, readFile } from "node:fs/promises";
import { type Ground, LINUX_OUTGOING } from "../core/guard/guard.ts";
import type { Range } from "../core/guard/ranges.ts";
import { type Protocol, portKey } from "../core/port.ts";

const TABLES: readonly { path: string; protocol: Protocol }[] = [
  { path: "/proc/net/tcp", protocol: "tcp" },
  { path: "/proc/net/tcp6", protocol: "tcp" },
  { path: "/proc/net/udp", protocol: "udp" },
  { path: "/proc/net/udp6", protocol: "udp" },
];
/** `  0: 00000000:0016 00000000:0000 0A ...`: number, local address and port (hexadecimal), remote, state (proc(5)). */
const LINE = /^\s*\d+: ([0-9A-F]{8,32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /gm;
const TCP_LISTEN = "0A";
/** A UDP socket without a peer. */
const UDP_UNCONNECTED = "07";
/** Words of four bytes, each in the machine's order: 127.x.x.x, ::1, ::ffff:127.x.x.x. What listens there hears no other machine. */
const LOOPBACK = /^([0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/;

const CHUNK_BYTES = 2 ** 16;
/** BOUNDED: bytes of a table; a line has 150. */
const TABLE_BYTES_MAX = 2 ** 23;

const OUTGOING = "/proc/sys/net/ipv4/ip_local_port_range";

export async function groundNow(): Promise<Ground> {
  return { inUse: await portsInUse(), outgoing: await outgoingPorts() };
}

/** Port keys. A kernel without IPv6 has no table for it. */
export async function portsInUse(): Promise<Set<number>> {
  const keys = new Set<number>();
  for (const { path, protocol } of TABLES) {
    const table = protocol === "tcp" ? listenersAt(path) : readFile(path, "latin1");
    for (const key of listenersIn(await table.catch(() => ""), protocol)) keys.add(key);
  }
  return keys;
}

function listenersIn(table: string, protocol: Protocol): number[] {
  const wanted = protocol === "tcp" ? TCP_LISTEN : UDP_UNCONNECTED;
  return [...table.matchAll(LINE)].flatMap(([, address = "", port = "", state]) =>
    state === wanted && !LOOPBACK.test(address) ? [portKey(protocol, Number.parseInt(port, 16))] : [],
  );
}

/** The kernel lists those that listen first: of a hundred thousand connections behind them nobody needs a line. */
async function listenersAt(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let table = "";
    while (table.length < TABLE_BYTES_MAX) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
      const text = chunk.toString("latin1", 0, bytesRead);
      table += text;
      if (bytesRead === 0 || [...text.matchAll(LINE)].some(([, , , state]) => state !== TCP_LISTEN)) return table;
    }
    return table;
  } finally {
    await file.close();
  }
}

async function outgoingPorts(): Promise<Range> {
  const text = await readFile(OUTGOING, "latin1").catch(() => "");
  const [from, to] = text.trim().split(/\s+/).map(Number);
  const isRange = from !== undefined && to !== undefined && from >= 1 && from <= to && to <= 65_535;
  return isRange ? { from, to } : LINUX_OUTGOING;
}
