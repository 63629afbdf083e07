// What is said of each knock when somebody looks on, through the real matcher.
import { describe, expect, it } from "vitest";
import { type Address, formatAddress } from "../../../src/core/address.ts";
import { LINKTYPE } from "../../../src/core/capture/pcap.ts";
import { decode } from "../../../src/core/decode.ts";
import { emptyKnock } from "../../../src/core/frame.ts";
import { DoorGuards } from "../../../src/core/guard/guard.ts";
import { parsePort, portKey } from "../../../src/core/port.ts";
import { SequenceMatcher } from "../../../src/core/sequence/sequence-matcher.ts";
import type { FindingLog, Sighting } from "../../../src/core/verdict/verdict.ts";
import { sightingWords } from "../../../src/core/verdict/verdict-words.ts";
import { Witness } from "../../../src/core/verdict/witness.ts";
import { config, type DoorOptions } from "../../support/doors.ts";
import { frame } from "../../support/frames.ts";
import { addresses, packetOf } from "../../support/rig.ts";

/** Plays knocks in the language of the rig; keeps what is told. */
class Scene {
  readonly told: Sighting[] = [];
  readonly logged: string[] = [];
  readonly open = new Set<string>();
  readonly matcher: SequenceMatcher;
  readonly witness: Witness;
  wants: (source: Address) => boolean = () => true;
  readonly #knock = emptyKnock();
  readonly #local = addresses("own", "second");
  #nowMs = 1_000_000;

  constructor(doors: readonly DoorOptions[], guards = "") {
    const observer = {
      wants: (source: Address) => this.wants(source),
      tell: (sighting: Sighting) => void this.told.push(sighting),
    };
    const log: FindingLog = {
      wantsAll: true,
      found: ({ what }) => {
        if (what === "stage" || what === "guard") this.logged.push(what);
      },
      timedOut: () => void this.logged.push("timeout"),
      dropped: () => {},
    };
    this.witness = new Witness(log, observer, (door, ip) => this.open.has(`${ip} ${door.name}`));
    this.matcher = new SequenceMatcher({ report: this.witness, seed: 42, attemptsMax: 4096 });
    const keys = guards.split(" ").filter((text) => text !== "");
    const ports = keys.map(parsePort).map((port) => portKey(port.protocol, port.number));
    const parsed = config(doors).doors;
    this.matcher.apply({ doors: parsed, guards: new Map(parsed.map(({ name }) => [name, DoorGuards.of(ports)])) });
  }

  /** What was said of these knocks: `?` for each that nobody heard of. */
  play(line: string): string[] {
    return line.split(" ").flatMap((word) => {
      const before = this.told.length;
      if (word === "sweep") this.matcher.sweep(this.#nowMs);
      else if (word.startsWith("+")) this.#nowMs += Number(word.slice(1)) * 1000;
      else this.#see(word);
      const said = this.told.slice(before).map(sightingWords);
      return said.length > 0 || word === "sweep" || word.startsWith("+") ? said : ["?"];
    });
  }

  /** A packet to a port that nobody watches goes past the matcher. */
  #see(word: string): void {
    const isPassing = word.endsWith("!");
    const packet = packetOf(word.replace("!", ""));
    if (!decode(frame(packet, LINKTYPE.RAW), this.#knock)) throw new Error(`not a packet: ${word}`);
    if (isPassing) this.witness.passedBy(this.#knock, this.#nowMs);
    else this.matcher.accept(this.#knock, this.#local, this.#nowMs);
  }
}

const A: DoorOptions = { name: "A", sequence: "1,2,3", seq_timeout: 10 };
const X = "192.0.2.7";
const Y = "192.0.2.8";

describe("what is said of a knock", () => {
  // biome-ignore format: a table is read by its columns
  it.each<[string, string[], string]>([
    ["S1 S2 S3", ["A: stage 1 of 3", "A: stage 2 of 3", "A: opens"], "the sequence"],
    ["S1 =S1 S2 =S2", ["A: stage 1 of 3", "A: stage 1 of 3 repeated, ignored", "A: stage 2 of 3", "A: stage 2 of 3 repeated, ignored"], "repeats"],
    ["S1 S2 S2 =S1 S3", ["A: stage 1 of 3", "A: stage 2 of 3", "A: stage 2 of 3 repeated, ignored", "A: step 1 repeated at stage 2 of 3, ignored", "A: opens"], "a repeat of an earlier step"],
    ["S1 S1 S2 S2", ["A: stage 1 of 3", "A: stage 1 of 3, another attempt beside the one under way", "A: stage 2 of 3", "A: stage 2 of 3"], "two knockers behind one address"],
    ["S1 S2 S3 =S1 =S2", ["A: stage 1 of 3", "A: stage 2 of 3", "A: opens", "A: the packet of an attempt that is over, sent again: ignored", "A: step 2 of 3 without step 1, 1/tcp"], "what a client goes on sending"],
    ["S1 S2 S3 S3", ["A: stage 1 of 3", "A: stage 2 of 3", "A: opens", "A: stage 3 of 3 repeated, ignored"], "a repeat of the last step"],
    ["S1 S2 S1", ["A: stage 1 of 3", "A: stage 2 of 3", "A: stage 1 of 3, another attempt beside the one under way"], "the first step again"],
    ["S1 S3", ["A: stage 1 of 3", "A: dropped at stage 1 of 3: step 2 2/tcp did not arrive, this is step 3"], "a lost step"],
    ["S1 S3 S2 S3", ["A: stage 1 of 3", "A: dropped at stage 1 of 3: step 2 2/tcp did not arrive, this is step 3", "A: wrong order: step 2 of 3 came after 3/tcp", "A: step 3 of 3, but 3/tcp ended the attempt"], "steps in the wrong order"],
    ["S2 S3", ["A: step 2 of 3 without step 1, 1/tcp", "A: step 3 of 3 without step 1, 1/tcp"], "the first step lost"],
    ["S1 +10 S2", ["A: stage 1 of 3", "A: too slow at stage 1 of 3: 10 s since the first knock, limit 10 s"], "a late knock"],
    ["S1 +11.26 S1", ["A: stage 1 of 3", "A: too slow at stage 1 of 3: 11.3 s since the first knock, limit 10 s, begins anew"], "a late first step"],
    ["S1 +10.5 sweep +1 S2 S3", ["A: stage 1 of 3", "A: timed out at stage 1 of 3: step 2 2/tcp did not arrive within 10 s", "A: too slow at stage 1 of 3: 11.5 s since the first knock, limit 10 s", "A: too slow at stage 1 of 3: 11.5 s since the first knock, limit 10 s"], "late knocks, after time has run out"],
    ["S1 +400 sweep S2", ["A: stage 1 of 3", "A: timed out at stage 1 of 3: step 2 2/tcp did not arrive within 10 s", "A: step 2 of 3 without step 1, 1/tcp"], "a knock long after"],
    ["SA1 F1", ["A: flags SYN,ACK do not pass syn,!ack", "A: flags FIN do not pass syn,!ack"], "flags that do not pass"],
    ["null1", ["A: flags none do not pass syn,!ack"], "no flags at all"],
    ["S1 A1 S2 FA1 RA2 S3 FA3", ["A: stage 1 of 3", "?", "A: stage 2 of 3", "?", "?", "A: opens", "?"], "the rest of a connection that a step has made is no news"],
    ["S1 A2 S2", ["A: stage 1 of 3", "A: flags ACK do not pass syn,!ack", "A: stage 2 of 3"], "flags at a step that is still to come"],
    ["S1>foreign", ["A: destination 10.99.0.77 is not ours"], "a foreign destination"],
    ["S1 Y:S2 S3", ["A: stage 1 of 3", `A: step 2 of 3, but step 1 came from ${X}: two addresses?`, `A: dropped at stage 1 of 3: step 2 2/tcp came from ${Y}, this is step 3`], "two addresses"],
    ["S1 S2 Y:S3 +10 sweep", ["A: stage 1 of 3", "A: stage 2 of 3", `A: step 3 of 3, but steps 1 and 2 came from ${X}: two addresses?`, `A: timed out at stage 2 of 3: step 3 3/tcp came from ${Y} within 10 s`], "the last step from another address"],
    ["S1 +11 Y:S2", ["A: stage 1 of 3", "A: step 2 of 3 without step 1, 1/tcp"], "another address much later has nothing to do with it"],
    ["Y:S2 +1 S1 S3", ["A: step 2 of 3 without step 1, 1/tcp", "A: stage 1 of 3", "A: dropped at stage 1 of 3: step 2 2/tcp did not arrive, this is step 3"], "nor has what it did before"],
    ["S1 S3 Y:S2", ["A: stage 1 of 3", "A: dropped at stage 1 of 3: step 2 2/tcp did not arrive, this is step 3", "A: step 2 of 3 without step 1, 1/tcp"], "nor with an attempt that is over"],
    ["S1 S3 +11 S2", ["A: stage 1 of 3", "A: dropped at stage 1 of 3: step 2 2/tcp did not arrive, this is step 3", "A: step 2 of 3 without step 1, 1/tcp"], "nor have steps of long ago an order"],
    ["S1 S2>second S9!", ["A: stage 1 of 3", "A: stage 2 of 3", "?"], "a port that nobody watches, where the knock no longer goes"],
    ["S1 Y:S3", ["A: stage 1 of 3", "A: step 3 of 3 without step 1, 1/tcp"], "nor has another step"],
    ["X:S1 X6:S2", ["A: stage 1 of 3", `A: step 2 of 3, but step 1 came from ${X}: IPv4 and IPv6 do not combine`], "two families"],
    ["S1 S9! S2", ["A: stage 1 of 3", "A: stage 1 of 3, ignored: nobody watches this port, expected 2/tcp", "A: stage 2 of 3"], "a port that nobody watches, in the middle of a knock"],
    ["S9! S1 A9! Y:S9! S9>foreign! +10 S9!", ["?", "A: stage 1 of 3", "?", "?", "?", "?"], "before or after it, or not to us, or from others, or not a first packet"],
  ])("%s -> %j: %s", (knocks, says) => {
    expect(new Scene([A]).play(knocks)).toEqual(says);
  });

  // biome-ignore format: a table is read by its columns
  it.each<[string, string[]]>([
    ["S1 S7 S2", ["A: stage 1 of 3", "A: dropped at stage 1 of 3: guard port, expected 2/tcp", "A: step 2 of 3, but 7/tcp ended the attempt"]],
    ["S7", ["guard port, no attempt to drop"]],
    ["SA7", ["?"]],
  ])("with a guard at 7: %s -> %j", (knocks, says) => {
    expect(new Scene([A], "7/tcp").play(knocks)).toEqual(says);
  });

  it("names the target that it should have gone to", () => {
    const scene = new Scene([{ ...A, target: "10.99.0.77" }]);
    expect(scene.play("S1 X6:S1 S1>foreign")).toEqual([
      "A: destination 198.51.100.1 is not the target 10.99.0.77",
      "A: an IPv6 knock, but the target 10.99.0.77 is IPv4",
      "A: stage 1 of 3",
    ]);
  });

  it("says how long the door still hears nobody", () => {
    const scene = new Scene([{ ...A, seq_cooldown: 60 }]);
    expect(scene.play("S1 S2 S3 +20 Y:S1 S1").at(-1)).toBe("A: hears nobody for another 40 s, its cool-down");
  });

  it("knows that the door is open already", () => {
    const scene = new Scene([A]);
    scene.open.add(`${X} A`);
    expect(scene.play("S1 S2 S3").at(-1)).toBe("A: is open already, extended");
  });
});

describe("several doors", () => {
  it("are named in one line, the one that says most first", () => {
    const scene = new Scene([A, { name: "B", sequence: "1,5,3" }, { name: "C", sequence: "3" }]);
    expect(scene.play("S1 S2 S3")).toEqual([
      "A: stage 1 of 3; B: stage 1 of 3",
      "A: stage 2 of 3",
      "A: opens; C: opens; B: dropped at stage 1 of 3: step 2 5/tcp did not arrive, this is step 3",
    ]);
  });

  it("that have nothing to do with the port are not named", () => {
    expect(new Scene([A, { name: "B", sequence: "8,9" }]).play("S1 SA8")).toEqual([
      "A: stage 1 of 3",
      "B: flags SYN,ACK do not pass syn,!ack",
    ]);
  });
});

describe("who looks on", () => {
  it("is asked once a knock, before anything else, and is not told what he does not want", () => {
    const scene = new Scene([A]);
    const asked: string[] = [];
    scene.wants = (source) => {
      asked.push(formatAddress(source));
      return formatAddress(source) === Y;
    };
    expect(scene.play("S1 Y:S1 S2 Y:S2")).toEqual(["?", "A: stage 1 of 3", "?", "A: stage 2 of 3"]);
    expect(asked).toEqual([X, Y, X, Y]);
  });

  it("hears the stage as it is, although he came in the middle of the knock", () => {
    const scene = new Scene([A]);
    scene.wants = () => false;
    scene.play("S1");
    scene.wants = () => true;
    expect(scene.play("S2 S1")).toEqual([
      "A: stage 2 of 3",
      "A: stage 1 of 3, another attempt beside the one under way",
    ]);
  });

  it("is not misled by what he missed", () => {
    const scene = new Scene([{ ...A, sequence: "1,2,3,4" }]);
    const meanwhile = (knocks: string): void => {
      scene.wants = () => false;
      scene.play(knocks);
      scene.wants = () => true;
    };
    scene.play("S1 S3");
    meanwhile("S1");
    scene.play("S2");
    expect(scene.play("Y:S3")).toEqual([`A: step 3 of 4, but steps 1 and 2 came from ${X}: two addresses?`]);
    meanwhile("S3");
    scene.play("+11 S1");
    meanwhile("S2");
    expect(scene.play("S4 S3").at(-1)).toBe("A: wrong order: step 3 of 4 came after 4/tcp");
  });

  it("is told when time ran out, not when we noticed", () => {
    const scene = new Scene([A]);
    scene.play("S1 +12.5 sweep");
    expect(scene.told.at(-1)).toMatchObject({ source: X, agoMs: 2500 });
    expect(scene.told.at(-1)).not.toHaveProperty("knock");
  });

  it("gets the facts of the packet, too", () => {
    const scene = new Scene([A], "7/udp");
    scene.play("S1 U7");
    expect(scene.told.map(({ knock }) => knock)).toEqual([
      { destination: "198.51.100.1", port: "1/tcp", flags: "SYN", watched: "step" },
      { destination: "198.51.100.1", port: "7/udp", watched: "guard" },
    ]);
  });

  it("does not keep the log from hearing the same, nor does his absence", () => {
    for (const wanted of [true, false]) {
      const scene = new Scene([A], "7/tcp");
      scene.wants = () => wanted;
      scene.play("S1 S7 S1 +11 S2");
      expect(scene.logged).toEqual(["stage", "guard", "stage", "timeout"]);
    }
  });

  it.each([
    [900, `A: step 3 of 3, but steps 1 and 2 came from ${X}: two addresses?`],
    [1100, "A: step 3 of 3 without step 1, 1/tcp"],
  ])("remembers a bounded number of knockers: after %i others %s", (others, says) => {
    const scene = new Scene([A]);
    scene.play("S1 S2");
    const knock = emptyKnock();
    for (let host = 0; host < others; host++) {
      const packet = packetOf("S1");
      packet.set([203, 0, 113 + (host >> 8), host & 255], 12);
      decode(frame(packet, LINKTYPE.RAW), knock);
      scene.matcher.accept(knock, addresses("own"), 1_000_000);
    }
    expect(scene.play("Y:S3")).toEqual([says]);
  });
});
