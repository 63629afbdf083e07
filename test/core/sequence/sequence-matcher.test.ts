// The rules of matching, one by one. What C knockd does with the same knocks is in conformance.test.ts.
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../../src/core/address.ts";
import { LINKTYPE } from "../../../src/core/capture/pcap.ts";
import { decode } from "../../../src/core/decode.ts";
import { emptyKnock, type Knock } from "../../../src/core/frame.ts";
import { DoorGuards } from "../../../src/core/guard/guard.ts";
import { formatPort, parsePort, portKey } from "../../../src/core/port.ts";
import type { Report, SequenceFinding } from "../../../src/core/report.ts";
import { SequenceMatcher } from "../../../src/core/sequence/sequence-matcher.ts";
import { config, type DoorOptions } from "../../support/doors.ts";
import { frame } from "../../support/frames.ts";
import { addresses, packetOf } from "../../support/rig.ts";

/** What nobody listens to here; witness.test.ts does. */
interface TableOptions {
  readonly guards?: string;
  readonly of?: readonly string[];
  readonly attemptsMax?: number;
}

/** Plays knocks in the language of the rig; tells which doors they complete. */
class Table {
  readonly said: string[] = [];
  readonly matcher: SequenceMatcher;
  readonly #knock = emptyKnock();
  readonly #local = addresses("own", "second");
  #nowMs = 0;

  /** `of`: only these doors have the guards. */
  constructor(doors: readonly DoorOptions[], { guards = "", attemptsMax = 1024, of }: TableOptions = {}) {
    let knock = emptyKnock();
    const report: Report<SequenceFinding> = {
      begins: (present) => {
        knock = present;
        return true;
      },
      found: (finding) => this.said.push(...saidOf(finding, knock)),
      timedOut: ({ door, source, stage }) => this.said.push(`${formatAddress(source)} ${door.name} timeout ${stage}`),
      dropped: () => {},
      ends: () => {},
    };
    this.matcher = new SequenceMatcher({ report, seed: 42, attemptsMax });
    this.watch(doors, guards, of);
  }

  watch(doors: readonly DoorOptions[], guards = "", of?: readonly string[]): void {
    const keys = guards.split(" ").filter((text) => text !== "");
    const ports = keys.map(parsePort).map((port) => portKey(port.protocol, port.number));
    const parsed = config(doors).doors;
    const guarded = parsed.filter(({ name }) => of === undefined || of.includes(name));
    this.matcher.apply({ doors: parsed, guards: new Map(guarded.map(({ name }) => [name, DoorGuards.of(ports)])) });
  }

  play(line: string): string[] {
    return line.split(" ").flatMap((word) => {
      if (word.startsWith("+")) this.pass(Number(word.slice(1)));
      else return this.#accept(word);
      return [];
    });
  }

  pass(seconds: number): void {
    this.#nowMs += seconds * 1000;
  }

  sweep(): void {
    this.matcher.sweep(this.#nowMs);
  }

  #accept(word: string): string[] {
    if (!decode(frame(packetOf(word), LINKTYPE.RAW), this.#knock)) throw new Error(`not a packet: ${word}`);
    return this.matcher.accept(this.#knock, this.#local, this.#nowMs).map((door) => door.name);
  }
}

function saidOf(finding: SequenceFinding, { source, protocol, port }: Knock): string[] {
  const about = `${formatAddress(source)} ${finding.door.name}`;
  if (finding.what === "stage") return [`${about} stage ${finding.stage}`];
  if (finding.what === "guard") return [`${about} guard ${formatPort({ protocol, number: port })}`];
  return finding.what === "wrong" ? ["wrong port"] : [];
}

const A: DoorOptions = { name: "A", sequence: "1,2,3", seq_timeout: 10 };

describe("one door", () => {
  it.each([
    ["S1 S2 S3", ["A"], "the sequence"],
    ["S1 S2 S3 S3", ["A"], "a repeat of the last step opens nothing more"],
    ["S1 S2 S3 S1 S2 S3", ["A", "A"], "twice"],
    ["S2 S3", [], "without its first step"],
    ["S1 S3 S2 S3", [], "a wrong step ends the attempt"],
    ["S1 S3 S1 S2 S3", ["A"], "which may begin again"],
    ["S1 S2 S1 S2 S3", ["A"], "the first step begins again"],
    ["S1 S2 S2 S3", ["A"], "a repeated middle step"],
    ["S1 +9.999 S2 S3", ["A"], "just in time"],
    ["S1 S2 +10 S3", [], "too late by nothing at all"],
    ["S1 +9 =S1 +2 S2 S3", [], "a repeat does not gain time"],
    ["S1 +9 S1 +2 S2 S3", ["A"], "another knock does"],
    ["S1 S2 =S1 =S2 S3", ["A"], "repeats of any step, whichever connection they are of"],
    ["S1 S2 S1 S2 S2 S1 S3", ["A"], "nor does a step that is done already harm"],
    ["S1 S2 S3 =S1 =S2 =S3", ["A"], "what a client goes on sending opens nothing more"],
    ["S1 S2 S3 +59 =S1 +59 =S1 =S2 =S3", ["A"], "not for as long as it goes on"],
    ["S1 S2 S3 +60 =S1 =S2 =S3", ["A", "A"], "and is forgotten a minute after"],
    ["S1 +10 =S1 =S2 S3", [], "also where time has run out"],
    ["S1 S3 =S1 S2 S3", [], "and where a wrong step has ended it"],
    ["S1 S1 S2 S3 =S2 =S3", ["A"], "nor do repeats help an attempt that was left"],
    ["S1 S1 S2 S3 S2 S3", ["A", "A"], "as other knocks do"],
    ["S1 S1 S2 S2 S3 S3", ["A", "A"], "two people behind one address, step by step"],
    ["S1 S2 S1 S3 S2 S3", ["A", "A"], "and in their own time"],
    ["S1 S1 S1 S1 S1 S2 S2 S2 S2 S2 S3 S3 S3 S3 S3", ["A", "A", "A", "A"], "four at a time"],
    ["S1 S1 S3 S2 S3", ["A"], "a step too early ends the oldest of them only"],
    ["S1 S2 S1 S1 S1 S1 S1 S3", ["A"], "the one that is furthest is not given up for another"],
    ["S1 +10 S1 +9 S2 S3", ["A"], "a first step after the time begins again"],
    ["X:S1 Y:S1 X:S2 Y:S2 X:S3 Y:S3", ["A", "A"], "two sources"],
    ["X:S1 Y:S2 X:S3", [], "sources do not help each other"],
    ["S1 U2 S2 S3", ["A"], "another protocol's port is not watched"],
    ["S1>second S2 S3>second", ["A"], "all local addresses"],
    ["S1 S2>foreign S2 S3", ["A"], "what goes elsewhere is not heard"],
  ])("%s -> %j: %s", (knocks, opens) => {
    expect(new Table([A]).play(knocks)).toEqual(opens);
  });

  it.each([
    ["S1 S1 S2", ["R"], "a step may repeat"],
    ["S1 S2", [], "then once is not enough"],
    ["S1 S1 S1 S2", ["R"], "and a third begins another attempt"],
    ["S1 =S1 S2", [], "but one packet never counts for both"],
    ["S1 =S1 S1 =S1 S2", ["R"], "whichever is sent again"],
  ])("with 1,1,2: %s -> %j: %s", (knocks, opens) => {
    expect(new Table([{ name: "R", sequence: "1,1,2" }]).play(knocks)).toEqual(opens);
  });
});

describe("a port that stands twice, not at the beginning", () => {
  it.each([
    ["S1 S2 S2 S3", ["R"]],
    ["S1 S2 =S2 S3", []],
    ["S1 S2 =S2 S2 S3", ["R"]],
  ])("%s -> %j", (knocks, opens) => {
    expect(new Table([{ name: "R", sequence: "1,2,2,3" }]).play(knocks)).toEqual(opens);
  });
});

describe("a door that takes any packet", () => {
  const ANY: DoorOptions = { ...A, tcpflags: "any" };
  it.each([
    ["S1 ~A1 ~FA1 S2 ~A2 ~FA2 S3 ~A3 ~FA3", ["A"], "whole connections to each step"],
    ["S1 ~R1 S2 ~R2 S3 ~R3", ["A"], "clients that go away"],
    ["null1 F2 FPU3", ["A"], "no connection at all"],
    ["S1 S1 S2 S2 S3 S3", ["A", "A"], "two people"],
  ])("%s -> %j: %s", (knocks, opens) => {
    expect(new Table([ANY]).play(knocks)).toEqual(opens);
  });
});

describe("several doors", () => {
  const B: DoorOptions = { name: "B", sequence: "2,5" };

  it("go their own ways", () => {
    const table = new Table([A, B]);
    expect(table.play("S1 S2 S3")).toEqual(["A"]);
    expect(table.play("S2 S5")).toEqual(["B"]);
  });

  it("do not spoil each other's attempts with their ports", () => {
    const table = new Table([A, B]);
    expect(table.play("S1 S5 S2 S3")).toEqual(["A"]);
    expect(table.said.filter((text) => text === "wrong port")).toEqual([]);
  });

  it("are named in the order of the config when one knock completes both", () => {
    const doors = ["first", "second", "third"].map((name) => ({ name, sequence: "1,2" }));
    expect(new Table(doors).play("S1 S2")).toEqual(["first", "second", "third"]);
  });

  it("find their own knocks among a thousand", () => {
    const doors = Array.from({ length: 1000 }, (_, index) => ({
      name: `d${index}`,
      sequence: `${index + 1},${index + 2001},${index + 1001}`,
    }));
    const table = new Table(doors);
    for (const index of [0, 7, 500, 999]) {
      expect(table.play(`S${index + 1} S${index + 2001} S${index + 1001}`)).toEqual([`d${index}`]);
    }
  });
});

describe("guard ports", () => {
  it("end an attempt when touched, and say so", () => {
    const table = new Table([A], { guards: "7/tcp" });
    expect(table.play("S1 S7 S2 S3")).toEqual([]);
    expect(table.said).toContain("192.0.2.7 A guard 7/tcp");
  });

  it("end all attempts of their source at their door, and none at another", () => {
    const B: DoorOptions = { name: "B", sequence: "1,2" };
    const table = new Table([A, B], { guards: "7/tcp", of: ["A"] });
    expect(table.play("S1 S1 S7 S2 S3")).toEqual(["B"]);
    expect(table.said.filter((text) => text.includes("guard"))).toEqual(["192.0.2.7 A guard 7/tcp"]);
  });

  it("do nobody else harm", () => {
    expect(new Table([A], { guards: "7/tcp" }).play("X:S1 Y:S7 X:S2 X:S3")).toEqual(["A"]);
  });

  it("do not hear packets that the door does not hear", () => {
    expect(new Table([A], { guards: "7/tcp" }).play("S1 SA7 S7>foreign S2 S3")).toEqual(["A"]);
  });
});

describe("seq_cooldown", () => {
  it("makes the door deaf after an opening to whom it opened for, and to nobody else", () => {
    const table = new Table([{ ...A, seq_cooldown: 5 }]);
    expect(table.play("S1 S2 S3 S1 S2 S3")).toEqual(["A"]);
    expect(table.play("Y:S1 Y:S2 Y:S3")).toEqual(["A"]);
    expect(table.play("+5 S1 S2 S3")).toEqual(["A"]);
  });

  it("lasts over a reload that leaves the door as it is", () => {
    const table = new Table([{ ...A, seq_cooldown: 5 }]);
    table.play("S1 S2 S3");
    table.watch([
      { ...A, seq_cooldown: 5 },
      { name: "B", sequence: "9" },
    ]);
    expect(table.play("S1 S2 S3")).toEqual([]);
  });
});

describe("reports", () => {
  it("tell each stage", () => {
    const table = new Table([A]);
    table.play("S1 =S1 S2 S3");
    expect(table.said).toEqual(["192.0.2.7 A stage 1", "192.0.2.7 A stage 2", "192.0.2.7 A stage 3"]);
  });

  it("tell a time-out without a further packet", () => {
    const table = new Table([A]);
    table.play("S1 S2 +10");
    table.sweep();
    expect(table.said.at(-1)).toBe("192.0.2.7 A timeout 2");
    expect(table.matcher.attempts).toBe(0);
  });

  it("tell a time-out at the next knock, if that comes first", () => {
    const table = new Table([A]);
    table.play("S1 S2 +10 S3");
    expect(table.said.at(-1)).toBe("192.0.2.7 A timeout 2");
  });
});

describe("doors that let a knock be", () => {
  it.each([
    [true, ["begins step", "deaf A 2", "begins step", "astray A", "begins guard"]],
    [false, ["begins step", "begins step", "begins guard"]],
  ])("are looked for only when somebody wants to hear of them: %s", (wanted, expected) => {
    const said: string[] = [];
    const report: Report<SequenceFinding> = {
      begins: (_knock, watched) => said.push(`begins ${watched}`) > 0 && wanted,
      found: (finding) => {
        said.push(`${finding.what} ${finding.door.name}${finding.what === "deaf" ? ` ${finding.why}` : ""}`);
      },
      dropped: () => {},
      timedOut: () => {},
      ends: () => {},
    };
    const matcher = new SequenceMatcher({ report, seed: 42, attemptsMax: 1024 });
    const doors = config([A, { name: "B", sequence: "5" }]).doors;
    matcher.apply({ doors, guards: new Map([["A", DoorGuards.of([portKey("tcp", 7)])]]) });
    const knock = emptyKnock();
    for (const word of ["SA1", "S2", "S7", "S99"]) {
      decode(frame(packetOf(word), LINKTYPE.RAW), knock);
      matcher.accept(knock, addresses("own"), 0);
    }
    expect(said).toEqual(expected);
  });
});

describe("a change of the doors", () => {
  it("keeps the attempts at doors that stay, wherever they stand now", () => {
    const table = new Table([{ name: "Z", sequence: "9,8" }, A]);
    table.play("S1 S2");
    table.watch([A, { name: "N", sequence: "5" }]);
    expect(table.play("S3")).toEqual(["A"]);
  });

  it("drops the attempts at doors that changed or went", () => {
    const table = new Table([A, { name: "B", sequence: "1,9" }]);
    table.play("S1 S2");
    table.watch([{ ...A, seq_timeout: 11 }]);
    expect(table.play("S3")).toEqual([]);
    expect(table.matcher.attempts).toBe(0);
  });
});

describe("a full table", () => {
  it("forgets the oldest first step first, and spares who is further on", () => {
    const table = new Table([A], { attemptsMax: 16 });
    table.play("X:S1 X:S2 Y:S1");
    const strangers = Array.from({ length: 64 }, (_, index) => `192.0.2.${100 + index}`);
    const knock = emptyKnock();
    for (const from of strangers) {
      const packet = packetOf("S1");
      packet.set(from.split(".").map(Number), 12);
      decode(frame(packet, LINKTYPE.RAW), knock);
      table.matcher.accept(knock, addresses("own"), 0);
    }
    expect(table.matcher.attempts).toBe(16);
    expect(table.play("Y:S2 Y:S3")).toEqual([]);
    expect(table.play("X:S3")).toEqual(["A"]);
  });
});

describe("attempts under way", () => {
  const DOORS = [
    { name: "ssh", sequence: "7000,8000,9000", seq_timeout: 10 },
    { name: "web", sequence: "1,2" },
  ];
  const seen = (table: Table, count: number, nowMs: number) =>
    table.matcher
      .underWay(count, nowMs)
      .map(({ door, source, stage, ageMs }) => `${formatAddress(source)} ${door.name} ${stage} ${ageMs}`);

  it("are told from the newest, so many at most, with their stage and age", () => {
    const table = new Table(DOORS);
    table.play("X:S7000 +1 X:S8000 Y:S1 +1 Y6:S1");
    expect(seen(table, 10, 2500)).toEqual(["2001:db8::8 web 1 500", "192.0.2.8 web 1 1500", "192.0.2.7 ssh 2 2500"]);
    expect(seen(table, 1, 2500)).toEqual(["2001:db8::8 web 1 500"]);
    expect(seen(table, 0, 2500)).toEqual([]);
  });

  it("are not those that are over, whether or not a sweep has come by", () => {
    const table = new Table(DOORS);
    table.play("X:S7000 Y:S1 Y:S2");
    expect(seen(table, 10, 9999)).toEqual(["192.0.2.7 ssh 1 9999"]);
    expect(seen(table, 10, 10_000)).toEqual([]);
  });

  it("are found round the end of the table", () => {
    const table = new Table(DOORS, { attemptsMax: 4 });
    table.play("X:S7000 Y:S7000 X6:S7000 Y6:S7000 X:S1 Y:S1");
    expect(seen(table, 10, 0)).toHaveLength(4);
    expect(seen(table, 1, 0)).toEqual(["192.0.2.8 web 1 0"]);
  });
});
