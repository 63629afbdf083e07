// One question to a service: is it there? By TCP a connection answers it, by UDP whatever comes back.

import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import type { Target } from "./plan.ts";

/** `error`: its code. */
export type Sign = "answered" | "silent" | { readonly error: string };
type Notice = (sign: Sign) => void;

/** Returns what takes the question back. */
export function askByConnecting({ address, source }: Target, port: number, notice: Notice): () => void {
  const socket = connect({ host: address, port, ...(source === undefined ? {} : { localAddress: source }) });
  socket.on("connect", () => {
    socket.destroy();
    notice("answered");
  });
  socket.on("error", (error) => notice({ error: codeOf(error) }));
  return () => socket.destroy();
}

/** An empty datagram: whoever answers it, with anything, is there; a closed port may be told by ICMP. */
export function askByDatagram({ address, source }: Target, port: number, notice: Notice): () => void {
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  let isOpen = true;
  socket.on("message", () => notice("answered"));
  socket.on("error", (error) => notice({ error: codeOf(error) }));
  socket.on("connect", () => socket.send(""));
  socket.bind({ port: 0, ...(source === undefined ? {} : { address: source }) }, () => socket.connect(port, address));
  return () => {
    if (isOpen) socket.close();
    isOpen = false;
  };
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
