// Who listens on which local port, from the tables of /proc/net (proc(5)).
import type { Protocol } from "../../core/port.ts";

export interface Listener {
  readonly protocol: Protocol;
  readonly port: number;
  /** Whether only this machine itself can reach it. */
  readonly loopback: boolean;
}

/** `  0: 0100007F:0016 00000000:0000 0A ...`: number, local address and port, remote ones, state; hexadecimal. */
const LINE = /^\s*\d+: ([0-9A-F]{8,32}):([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{2}) /gm;
const TCP_LISTEN = "0A";
/** A UDP socket without a peer. */
const UDP_UNCONNECTED = "07";
/** Words of four bytes, each in the machine's order: 127.x.x.x, ::1, ::ffff:127.x.x.x. */
const LOOPBACK = /^([0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/;

export function listenersIn(table: string, protocol: "tcp" | "udp"): Listener[] {
  const wanted = protocol === "tcp" ? TCP_LISTEN : UDP_UNCONNECTED;
  return [...table.matchAll(LINE)].flatMap(([, address = "", port = "", , state]) =>
    state === wanted ? [{ protocol, port: Number.parseInt(port, 16), loopback: LOOPBACK.test(address) }] : [],
  );
}
