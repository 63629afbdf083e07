// The knocks leave: one packet a port, in order, none of them twice.

import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import type { Port, Protocol } from "../core/port.ts";
import { KnockError } from "./error.ts";
import type { Knocks } from "./options.ts";

type Send = (address: string, number: number) => Promise<void>;

const SENDS: Record<Protocol, Send> = { tcp: sendSyn, udp: sendDatagram, icmp: sendEcho };

export async function sendKnocks(
  { ports, delayMs, verbose }: Pick<Knocks, "ports" | "delayMs" | "verbose">,
  address: string,
  say: (line: string) => void,
): Promise<void> {
  for (const port of ports) {
    if (verbose) say(`hitting ${wordsOf(port, address)}`);
    await SENDS[port.protocol](address, port.number);
    if (delayMs > 0) await delay(delayMs);
  }
}

function wordsOf({ protocol, number }: Port, address: string): string {
  return `${protocol} ${address}:${number}`;
}

/** For an address (no name) Node calls connect(2) before the next turn; the kernel sends the SYN within that call. */
async function sendSyn(address: string, port: number): Promise<void> {
  const socket = connect({ host: address, port });
  socket.on("error", ignore);
  await nextTurn();
  // A closed socket does not retransmit; a repeated SYN could count as a second, wrong knock.
  socket.destroy();
}

async function sendDatagram(address: string, port: number): Promise<void> {
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  await new Promise<void>((resolve) => {
    socket.on("error", () => resolve());
    socket.send(Uint8Array.of(0), port, address, () => resolve());
  });
  socket.close();
}

/** By ping, which may open raw sockets where we may not. It ends with the answer, or without one after a second. */
async function sendEcho(address: string, size: number): Promise<void> {
  const argv = ["-n", "-c", "1", "-W", "1", "-s", String(size), address];
  await new Promise<void>((resolve, reject) => {
    const ping = spawn("ping", argv, { stdio: "ignore" });
    ping.on("close", () => resolve());
    ping.on("error", (error) => {
      reject(new KnockError(`cannot run ping: ${error.message}`, "an icmp knock needs ping, of iputils-ping"));
    });
  });
}

/** Refused, unreachable, dropped: a knock looks like that, and nobody can tell whether it was heard. */
function ignore(): void {}
