// The daemon's judgement, by the clock of the capture.
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../src/core/address.ts";
import { LINKTYPE } from "../../src/core/capture/pcap.ts";
import { DoorGuards } from "../../src/core/guard/guard.ts";
import { portKey } from "../../src/core/port.ts";
import { progressWords } from "../../src/core/verdict/progress.ts";
import { sightingWords } from "../../src/core/verdict/verdict-words.ts";
import { type Answer, Explainer } from "../../src/explain/explainer.ts";
import { codeNow, knocksOf } from "../support/codes.ts";
import { config, type DoorOptions } from "../support/doors.ts";
import { frame } from "../support/frames.ts";
import { CODE_SECRET, packetOf } from "../support/rig.ts";

const A: DoorOptions = { name: "A", sequence: "10,20,30", seq_timeout: 10, open: "22/tcp", for: "30s" };
const NOON = Date.UTC(2026, 10, 23, 12, 0, 0);

interface Explained {
  readonly says: string[];
  readonly times: number[];
  readonly answer: Answer;
  readonly summary: string[];
}

/** The rig's language; `+-5` sets the clock back. */
function explain(
  knocks: string,
  {
    doors = [A],
    local = undefined as string[] | undefined,
    linkType = LINKTYPE.RAW as number,
    isSecretRead = true,
  } = {},
): Explained {
  const says: string[] = [];
  const times: number[] = [];
  const addresses = local?.flatMap((text) => parseAddress(text) ?? []);
  const parsed = config(doors).doors;
  const guards = new Map(parsed.map(({ name }) => [name, DoorGuards.of([portKey("tcp", 21)])]));
  const judged = isSecretRead ? parsed : [];
  const codeSecrets = new Map(judged.map(({ name }) => [name, CODE_SECRET]));
  const explainer = new Explainer({ doors: parsed, guards, local: addresses, codeSecrets }, (sighting, atMs) => {
    says.push(sightingWords(sighting));
    times.push((atMs - NOON) / 1000);
  });
  let nowMs = NOON;
  for (const word of knocks.split(" ")) {
    if (word.startsWith("+")) nowMs += Number(word.slice(1)) * 1000;
    else explainer.see(frame(packetOf(word), linkType, nowMs));
  }
  const answer = explainer.end();
  return { says, times, answer, summary: answer.best.map((each) => `${each.source}: ${progressWords(each)}`) };
}

const CODES: DoorOptions = { name: "C", sequence: "10,20", totp: { secret_file: "/k", ports: "20000-20299" } };

const X = "192.0.2.7";
const Y = "192.0.2.8";

describe("a capture", () => {
  it("is judged as the daemon would have", () => {
    const { says, answer } = explain("S10 S20 +9.9 S30");
    expect(says).toEqual(["A: stage 1 of 3", "A: stage 2 of 3", "A: opens"]);
    expect(answer).toMatchObject({ opened: true, frames: 3, wentBack: false, takenForOurs: ["198.51.100.1"] });
  });

  it("has its own times, also for what did not happen", () => {
    const { says, times } = explain("S10 S20 +60 Y:S10");
    expect(says[2]).toBe("A: timed out at stage 2 of 3: step 3 30/tcp did not arrive within 10 s");
    expect(times).toEqual([0, 0, 10, 60]);
  });

  it("extends while the door is open, and opens again after that", () => {
    const knock = "S10 S20 S30";
    const { says, summary } = explain(`${knock} +20 ${knock} +31 ${knock}`);
    expect(says.filter((text) => !text.includes("stage"))).toEqual([
      "A: opens",
      "A: is open already, extended",
      "A: opens",
    ]);
    expect(summary).toEqual([`${X}: A opens 3 times`]);
  });

  it("may have a clock that is set back: time goes on all the same", () => {
    const { says, answer } = explain("S10 +-3600 S20 +5 S30");
    expect(says.at(-1)).toBe("A: opens");
    expect(answer.wentBack).toBe(true);
    expect(explain("S10 +-3600 S20 +11 S30").says.at(-1)).toMatch(/^A: too slow/);
  });

  it("may have frames that are not quite in order, which is no news", () => {
    expect(explain("S10 +-0.001 S20 +0.001 S30").answer).toMatchObject({ opened: true, wentBack: false });
  });

  it("holds what the daemon's filter would have kept from it: only who is knocking is told of that", () => {
    const { says, summary } = explain("S99 S10 Y:S99 S99 S30");
    expect(says).toEqual([
      "A: stage 1 of 3",
      "A: stage 1 of 3, ignored: nobody watches this port, expected 20/tcp",
      "A: dropped at stage 1 of 3: step 2 20/tcp did not arrive, this is step 3",
    ]);
    expect(summary).toHaveLength(1);
  });

  it("of a link that nobody can read says so", () => {
    expect(explain("S10", { linkType: 127 }).answer).toMatchObject({ opened: false, unknownLinkType: 127, best: [] });
  });
});

describe("the daemon's own addresses", () => {
  it("are whatever was knocked at, as far as a door heard it", () => {
    const target: DoorOptions = { name: "T", sequence: "40", target: "10.99.0.77" };
    const { answer } = explain("S10 S20>second S99>foreign S40>foreign", { doors: [A, target] });
    expect(answer.takenForOurs).toEqual(["198.51.100.1", "198.51.100.2"]);
    expect(answer.opened).toBe(true);
  });

  it("are those that were said", () => {
    const { says, answer } = explain("S10>second S10", { local: ["198.51.100.1"] });
    expect(says).toEqual(["A: destination 198.51.100.2 is not ours", "A: stage 1 of 3"]);
    expect(answer.takenForOurs).toEqual([]);
  });
});

describe("the one cause", () => {
  // biome-ignore format: a table is read by its columns
  it.each<[string, string[]]>([
    ["S10 S20", [`${X}: A does not open: stage 2 of 3, and the capture ends without 30/tcp`]],
    ["S10 S20 +10.3 Y:S99", [`${X}: A does not open: timed out at stage 2 of 3: step 3 30/tcp did not arrive within 10 s`]],
    ["S10 S21 S20 S30", [`${X}: A does not open: dropped at stage 1 of 3: guard port, expected 20/tcp`]],
    ["S10 S30 S20 S30", [`${X}: A does not open: wrong order: step 2 of 3 came after 30/tcp`]],
    ["S10 SA20 SA30 +11 Y:S99", [`${X}: A does not open: flags SYN,ACK do not pass syn,!ack`]],
    ["S20 S30", [`${X}: A does not open: step 2 of 3 without step 1, 10/tcp`]],
    ["S10 S30 +1 S10 S20 +12 S30", [`${X}: A does not open: too slow at stage 2 of 3: 12 s since the first knock, limit 10 s`]],
    ["S10 S20 +11 S10 S21", [`${X}: A does not open: dropped at stage 1 of 3: guard port, expected 20/tcp`]],
    ["S10 S20 S10 S21", [`${X}: A does not open: dropped at stage 2 of 3: guard port, expected 30/tcp`]],
    ["S10 S20 S10", [`${X}: A does not open: stage 2 of 3, and the capture ends without 30/tcp`]],
    ["S10 S30 +1 S10", [`${X}: A does not open: stage 1 of 3, and the capture ends without 20/tcp`]],
    ["S10 S20 S10 S20", [`${X}: A does not open: stage 2 of 3, and the capture ends without 30/tcp`]],
    ["S10 S20 S10 S30", [`${X}: A opens`]],
    ["S10 S30 =S10 S20 S30", [`${X}: A does not open: wrong order: step 2 of 3 came after 30/tcp`]],
    ["S10 S30 S10 S20 S30", [`${X}: A opens`]],
    ["S10 S20 S30 S10 S30", [`${X}: A opens`]],
    ["Y:S10 S10 S20", [`${X}: A does not open: stage 2 of 3, and the capture ends without 30/tcp`, `${Y}: A does not open: stage 1 of 3, and the capture ends without 20/tcp`]],
    ["S21", []],
  ])("%s -> %j", (knocks, summary) => {
    expect(explain(knocks).summary).toEqual(summary);
  });

  it("is told for the door that the source came furthest with, and for all that opened", () => {
    const B: DoorOptions = { ...A, name: "B", sequence: "10,20,30,40" };
    expect(explain("S10 S20 S21", { doors: [{ ...A, sequence: "10,50,60" }, B] }).summary).toEqual([
      `${X}: B does not open: dropped at stage 2 of 4: guard port, expected 30/tcp`,
    ]);
    expect(explain("S10 S20 S30 S40", { doors: [A, B, { ...A, name: "C", sequence: "10,70" }] }).summary).toEqual([
      `${X}: A opens`,
      `${X}: B opens`,
    ]);
  });

  it("is remembered for a bounded number of sources", () => {
    const explainer = new Explainer({ doors: config([A]).doors, guards: new Map(), local: undefined }, () => {});
    const packet = packetOf("S10");
    for (let host = 0; host < 10_010; host++) {
      packet.set([203, host >> 16, host >> 8, host & 255], 12);
      explainer.see(frame(packet, LINKTYPE.RAW, NOON));
    }
    const { best, forgotten } = explainer.end();
    expect([best.length, forgotten]).toEqual([10_000, 10]);
  });
});

describe("codes in a capture", () => {
  const code = (later: number): string => knocksOf(codeNow(later, 6, NOON));

  it("are judged by its clock, each once", () => {
    const { says, summary } = explain(`${code(0)} ${code(0)} ${code(-3)}`, { doors: [CODES] });
    expect(says.filter((text) => !text.includes("stage"))).toEqual([
      "C: opens",
      "C: code used already",
      "C: code not valid now, but 3 steps (90 s) ago: was it too old, or is a clock off?, failed code 1 of 5",
    ]);
    expect(summary).toEqual([`${X}: C opens`]);
  });

  it("that are of another time are the last word on why the door did not open", () => {
    const { summary } = explain(code(4), { doors: [CODES] });
    expect(summary).toEqual([
      `${X}: C does not open: code not valid now, but in 4 steps (120 s): the phone's clock or ours is off, failed code 1 of 5`,
    ]);
  });

  it("come after the sequence where both are required", () => {
    const doors: DoorOptions[] = [{ ...CODES, require: ["sequence", "totp"] }];
    expect(explain("S10 S20", { doors }).answer.opened).toBe(false);
    expect(explain(`S10 S20 ${code(1)}`, { doors }).answer.opened).toBe(true);
  });

  it("are not judged without the secret", () => {
    expect(explain(code(0), { doors: [CODES], isSecretRead: false })).toMatchObject({
      says: [],
      answer: { opened: false },
    });
  });
});
