// A profile with keys -> one signed packet on its way, as fwknop's client sends it.

import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import ipaddr from "ipaddr.js";
import { EXIT, Failure } from "../core/exit.ts";
import { SEAL_RANDOM_BYTES, seal } from "../core/spa/seal.ts";
import { LOCAL } from "./options.ts";
import type { Packet, Target } from "./plan.ts";
import { sendDatagram, wordsOf } from "./send.ts";
import { reasonWords } from "./wait-words.ts";

export async function sendPacket(
  packet: Packet,
  targets: readonly Target[],
  say: (line: string) => void,
): Promise<void> {
  for (const target of targets) {
    const { key, hmacKey, username, timeoutS } = packet;
    const text = seal({
      key,
      hmacKey,
      username,
      nowS: Date.now() / 1000,
      random: randomBytes(SEAL_RANDOM_BYTES),
      message: await messageOf(packet, target),
      ...(timeoutS === undefined ? {} : { timeoutS }),
    });
    say(`hitting ${wordsOf(packet.port, target)}`);
    try {
      await sendDatagram(target, packet.port.number, Buffer.from(text, "latin1"));
    } catch (error) {
      throw new Failure(EXIT.FAILED, `cannot send to ${target.address}: ${reasonWords(error)}`);
    }
  }
}

/** `192.0.2.7,tcp/22,udp/53`: who asks, and for what. */
export async function messageOf(packet: Packet, target: Target): Promise<string> {
  const ports = packet.asksFor.map(({ protocol, number }) => `${protocol}/${number}`);
  return [await addressFor(packet, target), ...ports].join(",");
}

async function addressFor({ address }: Packet, target: Target): Promise<string> {
  if (address !== undefined && address !== LOCAL) return address;
  if (target.source !== undefined) return target.source;
  const own = await routeAddress(target.address);
  // A packet that names another address than the host sees is refused there without a word.
  if (address === LOCAL || isPublic(own) || !isPublic(target.address)) return own;
  throw new Failure(
    EXIT.FAILED,
    `own address ${own} is private, so ${target.address} sees another one`,
    'give "--source" the public address, or "--source local" where there is no NAT on the way',
  );
}

/** A connected socket knows which of our addresses its packets would leave from. Nothing is sent. */
async function routeAddress(host: string): Promise<string> {
  const socket = createSocket("udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.connect(1, host, () => resolve());
    });
    return socket.address().address;
  } catch (error) {
    throw new Failure(EXIT.FAILED, `cannot find the way to ${host}: ${reasonWords(error)}`);
  } finally {
    socket.close();
  }
}

function isPublic(address: string): boolean {
  return ipaddr.parse(address).range() === "unicast";
}
