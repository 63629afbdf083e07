// Ten knocks that did not do what their knocker expected, and what we say about each: the same for a capture and live.
import { datagram, ethernet, syn, TCP, type TimedFrame } from "./frames.ts";
import { HOST, HOST_6 } from "./lab.ts";

/** Where nobody of us lives. */
const ELSEWHERE = "10.99.0.77";

/** No port is a neighbour of another door's. */
export const DOORS = `
options: { interface: eth0, firewall: none }
doors:
  ssh: { sequence: [7100, 8200, 7600], seq_timeout: 4s }
  mixed: { sequence: [5100, 6200/udp, 5600], seq_timeout: 4s }
  lan: { sequence: [4100, 4300], target: ${HOST} }
  any: { sequence: [3100, 3300], tcpflags: any }
`;

export interface FailedKnock {
  readonly name: string;
  /**
   * S7100 is a SYN, F7100 a FIN, U6200 a datagram; `+4.2` lets 4.2 seconds pass; `Y:` comes from the knocker's other
   * address; `>elsewhere` goes to another host; `6:` is IPv6.
   */
  readonly knocks: string;
  /** What is said about each packet, in order; `N s` stands for any time. */
  readonly says: readonly string[];
  /** The last line of explain for the knocker. */
  readonly summary: string;
}

export const FAILED_KNOCKS: readonly FailedKnock[] = [
  {
    name: "the wrong order",
    knocks: "S7100 S7600 S8200",
    says: [
      "ssh: stage 1 of 3",
      "ssh: dropped at stage 1 of 3: step 2 8200/tcp did not arrive, this is step 3",
      "ssh: wrong order: step 2 of 3 came after 7600/tcp",
    ],
    summary: "ssh does not open: wrong order: step 2 of 3 came after 7600/tcp",
  },
  {
    name: "the step of another door, which does no harm",
    knocks: "S7100 S3300 S8200 S7600",
    says: ["ssh: stage 1 of 3", "any: step 2 of 2 without step 1, 3100/tcp", "ssh: stage 2 of 3", "ssh: opens"],
    summary: "ssh opens",
  },
  {
    name: "too slow",
    knocks: "S7100 S8200 +4.2 S7600",
    says: [
      "ssh: stage 1 of 3",
      "ssh: stage 2 of 3",
      "ssh: too slow at stage 2 of 3: N s since the first knock, limit N s",
    ],
    summary: "ssh does not open: too slow at stage 2 of 3: N s since the first knock, limit N s",
  },
  {
    name: "flags",
    knocks: "F7100 F8200",
    says: ["ssh: flags FIN do not pass syn,!ack", "ssh: flags FIN do not pass syn,!ack"],
    summary: "ssh does not open: flags FIN do not pass syn,!ack",
  },
  {
    name: "a network that sends from two addresses",
    knocks: "S7100 Y:S8200 S7600",
    says: [
      "ssh: stage 1 of 3",
      "ssh: step 2 of 3, but step 1 came from X: two addresses?",
      "ssh: dropped at stage 1 of 3: step 2 8200/tcp came from Y, this is step 3",
    ],
    summary: "ssh does not open: dropped at stage 1 of 3: step 2 8200/tcp came from Y, this is step 3",
  },
  {
    name: "a wrong destination",
    knocks: "S7100>elsewhere S8200>elsewhere",
    says: [`ssh: destination ${ELSEWHERE} is not ours`, `ssh: destination ${ELSEWHERE} is not ours`],
    summary: `ssh does not open: destination ${ELSEWHERE} is not ours`,
  },
  {
    name: "a lost datagram",
    knocks: "S5100 S5600",
    says: ["mixed: stage 1 of 3", "mixed: dropped at stage 1 of 3: step 2 6200/udp did not arrive, this is step 3"],
    summary: "mixed does not open: dropped at stage 1 of 3: step 2 6200/udp did not arrive, this is step 3",
  },
  {
    name: "a guard port",
    knocks: "S7100 S8201 S8200",
    says: [
      "ssh: stage 1 of 3",
      "ssh: dropped at stage 1 of 3: guard port, expected 8200/tcp",
      "ssh: step 2 of 3, but 8201/tcp ended the attempt",
    ],
    summary: "ssh does not open: dropped at stage 1 of 3: guard port, expected 8200/tcp",
  },
  {
    name: "IPv6 to the target of an IPv4 door",
    knocks: "6:S4100 6:S4300",
    says: [`lan: an IPv6 knock, but the target ${HOST} is IPv4`, `lan: an IPv6 knock, but the target ${HOST} is IPv4`],
    summary: `lan does not open: an IPv6 knock, but the target ${HOST} is IPv4`,
  },
  {
    name: "a step that is repeated, which does no harm",
    knocks: "S7100 S7100 S8200 S7600 S7600",
    says: [
      "ssh: stage 1 of 3",
      "ssh: stage 1 of 3 repeated, ignored",
      "ssh: stage 2 of 3",
      "ssh: opens",
      "ssh: stage 3 of 3 repeated, ignored",
    ],
    summary: "ssh opens",
  },
];

/** Each knock of the table has addresses of its own, so that all may be sent at the same time. */
export function addressesOf(index: number): Record<string, string> {
  return { X: `10.9.0.${101 + index}`, Y: `10.9.0.${201 + index}`, "6": `fd09::1${index}` };
}

export function framesOf(index: number, knocks: string): TimedFrame[] {
  let atMs = 0;
  return knocks.split(" ").flatMap((word) => {
    if (word.startsWith("+")) atMs += Number(word.slice(1)) * 1000;
    return word.startsWith("+") ? [] : [{ atMs, bytes: frameOf(index, word) }];
  });
}

/** Names for the addresses, and `N s` for times. */
export function inGeneral(index: number, text: string): string {
  const names = Object.entries(addressesOf(index)).map(
    ([name, address]) => [new RegExp(`${address}\\b`, "g"), name] as const,
  );
  return names
    .reduce((general, [address, name]) => general.replace(address, name), text)
    .replace(/\d+(\.\d+)? s\b/g, "N s");
}

function frameOf(index: number, word: string): Uint8Array {
  const [, who = "X", kind = "", port = "", elsewhere] = /^(?:(\w):)?([SFU])(\d+)(>elsewhere)?$/.exec(word) ?? [];
  const from = addressesOf(index)[who] ?? "";
  const to = elsewhere !== undefined ? ELSEWHERE : who === "6" ? HOST_6 : HOST;
  const ends = { from, to, port: Number(port) };
  if (kind === "U") return ethernet(datagram(ends));
  return ethernet(syn({ ...ends, flags: kind === "F" ? TCP.FIN : TCP.SYN }));
}
