// The local ports that something uses: a guard must not stand where an honest packet may arrive.
import { readFile } from "node:fs/promises";
import { type Protocol, portKey } from "../core/port.ts";

const TABLES: readonly { path: string; protocol: Protocol }[] = [
  { path: "/proc/net/tcp", protocol: "tcp" },
  { path: "/proc/net/tcp6", protocol: "tcp" },
  { path: "/proc/net/udp", protocol: "udp" },
  { path: "/proc/net/udp6", protocol: "udp" },
];
/** `  0: 00000000:0016 00000000:0000 0A ...`: number, local address and port (hexadecimal), remote, state (proc(5)). */
const LOCAL_PORT = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /gm;

export async function portsInUse(): Promise<Set<number>> {
  const keys = new Set<number>();
  for (const { path, protocol } of TABLES) {
    // A kernel without IPv6 has no table for it.
    const table = await readFile(path, "latin1").catch(() => "");
    for (const [, port = ""] of table.matchAll(LOCAL_PORT)) keys.add(portKey(protocol, Number.parseInt(port, 16)));
  }
  return keys;
}
