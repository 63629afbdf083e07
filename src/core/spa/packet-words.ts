// What the log says of signed packets: which key, what was wrong, and by how much. Never a secret, never the packet.
import type { Earned } from "../way.ts";
import type { Refusal, SpaField } from "./refusal.ts";

export const spaWords = {
  accepted: (sender: string, key: string, earned: readonly Earned[]) => {
    const doors = earned.map(({ door }) => door.name).join(", ");
    const [ip = sender] = earned.map(({ ip }) => ip);
    return `${ip}: key ${key}: signed packet for ${doors}${whoSent(sender, ip)}`;
  },
  refused: (sender: string, refusal: Refusal) => `${sender}: ${refusalText(refusal)}`,
  /** What differs from packet to packet (by how much a clock is off) is that of the first. */
  refusedMore: (count: number, refusal: Refusal) =>
    "key" in refusal
      ? `key ${refusal.key}: ${count} more refused in the last minute: ${reasonText(refusal)}`
      : `signed packets: ${count} more refused in the last minute: ${reasonText(refusal)}`,
  workerFailed: (reason: string, againMs: number) =>
    `the thread that tries keys of signed packets has failed, once more in ${againMs / 1000} s: ${reason}`,
  replaysUnread: (reason: string) =>
    `cannot read which signed packets were used, older ones than this start are refused: ${reason}`,
  replayNotKept: (reason: string) =>
    `cannot note that a signed packet was used, after a restart only newer ones will be taken: ${reason}`,
};

/** `key alice: refused: this packet was used already`. */
export function refusalText(refusal: Refusal): string {
  const who = "key" in refusal ? `key ${refusal.key}:` : "signed packet";
  return `${who} refused: ${reasonText(refusal)}`;
}

/** A network says so by itself; an address that is another than the sender's is worth a word. */
function whoSent(sender: string, ip: string): string {
  const network = ip.includes("/") ? ", opened as a network" : "";
  return sender === ip ? "" : `${network}, sent by ${sender}`;
}

function reasonText(refusal: Refusal): string {
  switch (refusal.reason) {
    case "malformed":
      return "no key of ours makes packets of this form (wrong HMAC type, or no such packet)";
    case "no-key":
      return "its signature fits no key (wrong HMAC key or HMAC type)";
    case "busy":
      return "it was not tried, since too many packets wait for that (send it again)";
    case "unreadable":
      return "its signature fits, but it cannot be deciphered (wrong encryption key or mode)";
    case "field":
      return FIELDS[refusal.field];
    case "weak-digest":
      return `its digest is ${refusal.digest}, which the key's legacy list does not allow`;
    case "expired":
      return `the key has expired, its last day was ${refusal.lastDay}`;
    case "clock":
      return `its clock is ${Math.abs(refusal.aheadS)} s ${refusal.aheadS > 0 ? "ahead of" : "behind"} ours, at most ${refusal.maxS} s are allowed`;
    case "replay":
      return "this packet was used already";
    case "forgotten":
      return `it is ${refusal.ageS} s old, from before the time of which we know what was used`;
    case "memory-full":
      return "too many packets were used lately, wait some minutes";
    case "command":
      return "it asks to run a command, which is never done";
    case "nat":
      return "it asks for address translation, which no door that this key may open offers (nat: true)";
    case "nat-host":
      return `it asks to be led to ${JSON.stringify(refusal.to)}, where no door with nat: true that this key may open leads`;
    case "nat-port":
      return `it asks that ${refusal.port} lead to ${refusal.to}, where only ${refusal.from.join(" and ")} leads (fwknop: --nat-port)`;
    case "address":
      return `it asks for ${refusal.embedded} but came from ${refusal.sender} (source: embedded would allow that)`;
    case "no-host":
      return `${refusal.address} is no address of a host`;
    case "port":
      return `${refusal.port} is no port of a door that this key may open`;
  }
}

const FIELDS: Record<SpaField, string> = {
  digest: "its digest is wrong",
  user: "its user name is not as it should be",
  time: "its time is no number of seconds",
  version: "its version is not as it should be",
  type: "it is of an unknown type",
  message: "it asks for something that is not an IPv4 address with ports",
  nat: "its host for address translation is not as it should be",
  "time-out": "its time-out is no number of seconds",
  count: "it has too few or too many fields",
};
