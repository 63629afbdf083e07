// The knocks leave: one packet a port, in order, none of them twice.

import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import type { Port, Protocol } from "../core/port.ts";
import { sendEcho } from "./ping.ts";
import type { Knocks, Target } from "./plan.ts";

type Send = (target: Target, number: number) => Promise<void>;
type Say = (line: string) => void;

const SENDS: Record<Protocol, Send> = { tcp: sendSyn, udp: sendKnock, icmp: sendEcho };
/** The C client's. */
const KNOCK = Uint8Array.of(0);

/** One family after the other: while two knocks of one machine mix, the C knockd forgets one when the other is complete. */
export async function sendKnocks({ ports, delayMs }: Knocks, targets: readonly Target[], say: Say): Promise<void> {
  for (const target of targets) {
    for (const port of ports) {
      say(`hitting ${wordsOf(port, target)}`);
      await SENDS[port.protocol](target, port.number);
      if (delayMs > 0) await delay(delayMs);
    }
  }
}

export function wordsOf({ protocol, number }: Port, { address }: Target): string {
  return `${protocol} ${address}:${number}`;
}

/** For an address (no name) Node calls connect(2) before the next turn; the kernel sends the SYN within that call. */
async function sendSyn({ address, source }: Target, port: number): Promise<void> {
  const socket = connect({ host: address, port, ...(source === undefined ? {} : { localAddress: source }) });
  socket.on("error", ignore);
  await nextTurn();
  // A closed socket does not retransmit; a repeated SYN could count as a second, wrong knock.
  socket.destroy();
}

async function sendKnock(target: Target, port: number): Promise<void> {
  await sendDatagram(target, port, KNOCK).catch(ignore);
}

export async function sendDatagram({ address, source }: Target, port: number, bytes: Uint8Array): Promise<void> {
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      const send = (): void => socket.send(bytes, port, address, (error) => (error ? reject(error) : resolve()));
      if (source === undefined) send();
      else socket.bind({ address: source, port: 0 }, send);
    });
  } finally {
    socket.close();
  }
}

/** Refused, unreachable, dropped: a knock looks like that, and nobody can tell whether it was heard. */
function ignore(): void {}
