// The 45 cases of what C knockd does, and what we do: frames in, commands out. Where we differ, the case says `unlike`.
// Cases about processes, interfaces and the client are proven on the real thing: 32 to 34, 36 and 37 in test/system, 45 in
// test/client. What C knockd answers for a case was seen on its binary (0.8).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseConfig } from "../src/core/config/config.ts";
import { config, configOf, type DoorOptions } from "./support/doors.ts";
import { HEADER, ip, PROTOCOL, syn } from "./support/frames.ts";
import { memoryHeld } from "./support/memory-held.ts";
import { addresses, DESTINATIONS, pass, type Rig, SOURCES, startRig, stopClock } from "./support/rig.ts";

const D: DoorOptions = {
  name: "D",
  sequence: "7000,8000,9000",
  seq_timeout: 5,
  tcpflags: "syn",
  start_command: "D %IP%",
};
const D_ANY: DoorOptions = { ...D, tcpflags: "any" };
const UDP_MIX: DoorOptions = { ...D, sequence: "7000:udp,18000:tcp,9000:udp" };
const B: DoorOptions = { name: "B", sequence: "22,4444", tcpflags: "any", start_command: "B %IP%" };
const CLOSE: DoorOptions = { ...D, name: "close", sequence: "9000,8000,7000", start_command: "close %IP%" };

interface Case {
  readonly n: string;
  readonly what: string;
  readonly doors: readonly DoorOptions[];
  readonly knocks: string;
  /** The commands that run, in order; X and Y stand for their addresses. */
  readonly runs: readonly string[];
  readonly unlike?: string;
}

const door = (name: string, sequence: string): DoorOptions => ({ ...D, name, sequence, start_command: `${name} %IP%` });

// biome-ignore format: a table is read by its columns
const CASES: readonly Case[] = [
  { n: "1", what: "the sequence opens", doors: [D], knocks: "S7000 S8000 S9000", runs: ["D X"] },
  { n: "2", what: "ports that nobody watches are invisible", doors: [D], knocks: "S7000 S1234 S8000 S22 S9000", runs: ["D X"] },
  { n: "3", what: "a wrong order does not open", doors: [D], knocks: "S7000 S9000 S8000 S9000", runs: [] },
  { n: "4", what: "a duplicate is ignored", doors: [D], knocks: "S7000 S7000 S8000 S9000", runs: ["D X"], unlike: "the duplicate kills" },
  { n: "5", what: "three times the first step", doors: [D], knocks: "S7000 S7000 S7000 S8000 S9000", runs: ["D X"] },
  { n: "6", what: "flags that do not fit are ignored", doors: [D], knocks: "S7000 A9000 S8000 S9000", runs: ["D X"] },
  { n: "7a", what: "syn takes SYN+ACK", doors: [D], knocks: "SA7000 SA8000 SA9000", runs: ["D X"] },
  { n: "7b", what: "syn,!ack ignores SYN+ACK, undisturbed", doors: [{ ...D, tcpflags: "syn,!ack" }], knocks: "SA7000 SA8000 SA9000 S7000 S8000 SA8000 S9000", runs: ["D X"] },
  { n: "8", what: "the client's RST repeats its step", doors: [D_ANY], knocks: "S7000 R7000 S8000 S9000", runs: ["D X"], unlike: "the RST kills" },
  { n: "9", what: "without tcpflags any flags will do", doors: [D_ANY], knocks: "null7000 F8000 FPU9000", runs: ["D X"] },
  { n: "10", what: "tcp and udp ports are separate", doors: [UDP_MIX], knocks: "U7000 S7000 U18000 S18000 U9000", runs: ["D X"] },
  { n: "11", what: "a duplicate datagram is ignored", doors: [UDP_MIX], knocks: "U7000 U7000 S18000 U9000", runs: ["D X"], unlike: "the duplicate kills" },
  { n: "12", what: "another door's port with unfit flags does no harm", doors: [D, B], knocks: "S7000 A22 S8000 PA22 S9000", runs: ["D X"] },
  { n: "13", what: "another door's port is another door's affair", doors: [D, B], knocks: "S7000 S22 S8000 S9000", runs: ["D X"], unlike: "it spoils the knock" },
  { n: "14", what: "the knock that fails one door starts another", doors: [D, CLOSE], knocks: "S7000 S9000 S8000 S7000", runs: ["close X"], unlike: "the failing packet is used up" },
  { n: "15", what: "two knockers interleaved", doors: [D], knocks: "X:S7000 Y:S7000 Y:S8000 X:S8000 X:S9000 Y:S9000", runs: ["D X", "D Y"], unlike: "only X" },
  { n: "16", what: "a scanner spoils nobody's knock", doors: [D], knocks: "X:S7000 Y:S7000 X:S9000 Y:S8000 Y:S9000", runs: ["D Y"], unlike: "nothing opens" },
  { n: "17", what: "doors that share the first step", doors: [door("A", "1000,2000,3000"), door("B", "1000,5000,6000")], knocks: "S1000 S5000 S6000", runs: ["B X"], unlike: "B does not open" },
  { n: "18", what: "one door's sequence begins another's", doors: [door("A", "1000,2000"), door("B", "1000,2000,3000")], knocks: "S1000 S2000 S3000", runs: ["A X", "B X"], unlike: "only A" },
  { n: "19", what: "identical sequences both open", doors: [door("A", "1000,2000"), door("B", "1000,2000")], knocks: "S1000 S2000", runs: ["A X", "B X"] },
  { n: "20a", what: "1.25 s are less than 2", doors: [{ ...D, seq_timeout: 2 }], knocks: "+0.8 S7000 +0.6 S8000 +0.65 S9000", runs: ["D X"], unlike: "counts whole seconds of the wall clock" },
  { n: "20b", what: "2.0 s are too late", doors: [{ ...D, seq_timeout: 2 }], knocks: "S7000 +1 S8000 +1 S9000", runs: [] },
  { n: "20c", what: "1.999 s are not", doors: [{ ...D, seq_timeout: 2 }], knocks: "S7000 +1 S8000 +0.999 S9000", runs: ["D X"] },
  { n: "21", what: "too slow", doors: [{ ...D, seq_timeout: 2 }], knocks: "S7000 +0.1 S8000 +2.5 S9000", runs: [] },
  { n: "22a", what: "one port, start only: each knock runs it", doors: [door("W", "7000")], knocks: "S7000 S7000 S7000", runs: ["W X", "W X", "W X"] },
  { n: "22b", what: "with seq_cooldown once", doors: [{ ...door("W", "7000"), seq_cooldown: 5 }], knocks: "S7000 S7000 +4.9 S7000", runs: ["W X"] },
  { n: "22c", what: "and again after it", doors: [{ ...door("W", "7000"), seq_cooldown: 5 }], knocks: "S7000 +5 S7000", runs: ["W X", "W X"] },
  { n: "26", what: "IPv4 and IPv6 steps never combine", doors: [D], knocks: "X:S7000 X6:S8000 X6:S9000", runs: [] },
  { n: "27a", what: "a target that is not local", doors: [{ ...D, target: "10.99.0.77" }], knocks: "S7000>foreign S8000>foreign S9000>foreign", runs: ["D X"] },
  { n: "27b", what: "with a target, the own address does not count", doors: [{ ...D, target: "10.99.0.77" }], knocks: "S7000 S8000 S9000", runs: [] },
  { n: "27c", what: "without one, a foreign address does not", doors: [D], knocks: "S7000>foreign S8000>foreign S9000>foreign", runs: [] },
  { n: "28a", what: "the second address", doors: [D], knocks: "S7000>second S8000>second S9000>second", runs: ["D X"] },
  { n: "28b", what: "steps mixed over both addresses", doors: [D], knocks: "S7000 S8000>second S9000", runs: ["D X"] },
];

const rigs: Rig[] = [];

beforeEach(stopClock);
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.daemon.stop();
  vi.useRealTimers();
});

async function start(doors: readonly DoorOptions[], options = {}): Promise<Rig> {
  const rig = await startRig(doors, options);
  rigs.push(rig);
  return rig;
}

/** Commands with the sources' names for their addresses. */
function named(texts: readonly string[]): string[] {
  return texts.map((text) =>
    Object.entries(SOURCES).reduce((named, [name, ip]) => named.replace(new RegExp(`\\b${ip}(?![\\d:])`), name), text),
  );
}

describe("a knock as in C knockd's case", () => {
  it.each(CASES)("$n: $what", async ({ doors, knocks, runs }) => {
    const rig = await start(doors);
    await rig.play(knocks);
    expect(named(rig.ran)).toEqual(runs);
  });
});

describe("start and stop commands", () => {
  const timed: DoorOptions = { ...D, start_command: "start %IP%", stop_command: "stop %IP%", cmd_timeout: 3 };

  it("23: a start command that fails is logged, and stop runs 3 s after it ended", async () => {
    const rig = await start([timed]);
    rig.result = { outcome: "status", status: 3, output: "oops" };
    rig.commandMs = 1500;
    await rig.play("S7000 S8000 S9000 +10");
    expect(named(rig.ran)).toEqual(["start X", "stop X"]);
    expect(rig.log.messages()).toContain("D: command returned non-zero status code (3): oops");
    const [started, stopped] = rig.commands;
    expect((stopped?.atMs ?? 0) - (started?.atMs ?? 0)).toBe(1500 + 3000);
  });

  it("24: knocking again while open postpones the one stop", async () => {
    const rig = await start([timed]);
    await rig.play("S7000 S8000 S9000 +1 S7000 S8000 S9000 +2.9");
    expect(named(rig.ran)).toEqual(["start X"]);
    await rig.play("+0.1 +10");
    expect(named(rig.ran)).toEqual(["start X", "stop X"]);
    const [started, stopped] = rig.commands;
    expect((stopped?.atMs ?? 0) - (started?.atMs ?? 0)).toBe(4000);
  });

  it("25: IPv6 has its own start command, and falls back on the stop command of IPv4", async () => {
    const rig = await start([{ ...timed, start_command_6: "start6 %IP%" }]);
    await rig.play("X6:S7000 X6:S8000 X6:S9000 +4");
    expect(named(rig.ran)).toEqual(["start6 X6", "stop X6"]);
  });

  it("25: an empty start command for IPv6 means neither start nor stop", async () => {
    const rig = await start([{ ...timed, start_command_6: "" }]);
    await rig.play("X6:S7000 X6:S8000 X6:S9000 +4");
    expect(rig.ran).toEqual([]);
    expect(rig.log.messages()).toContain("2001:db8::7: D: OPEN SESAME");
  });

  it("32: ending runs the stop commands of all open doors at once", async () => {
    const rig = await start([timed]);
    await rig.play("X:S7000 X:S8000 X:S9000 +1.5 Y:S7000 Y:S8000 Y:S9000");
    await rig.daemon.stop();
    expect(named(rig.ran).sort()).toEqual(["start X", "start Y", "stop X", "stop Y"]);
  });

  it("33: a reload leaves the timers of open doors alone", async () => {
    const rig = await start([timed]);
    await rig.play("S7000 S8000 S9000 +1");
    await rig.daemon.reload(config([{ ...timed, cmd_timeout: 60 }]));
    await rig.play("+1.9");
    expect(named(rig.ran)).toEqual(["start X"]);
    await rig.play("+0.1");
    expect(named(rig.ran)).toEqual(["start X", "stop X"]);
  });

  it("35: a reload keeps the attempts at doors that did not change", async () => {
    const rig = await start([timed]);
    await rig.play("S7000");
    await rig.daemon.reload(config([B, timed]));
    await rig.play("S8000 S9000");
    expect(named(rig.ran)).toEqual(["start X"]);
  });
});

describe("frames that C knockd does not see, or should not", () => {
  const from = SOURCES["X6"] ?? "";
  const to = "2001:db8::1";
  const ports = [7000, 8000, 9000];

  it("28: an address that came later counts, one that went does not", async () => {
    const rig = await start([D]);
    rig.local = addresses("own", "203.0.113.9");
    const packets = ports.map((port) => syn({ from: "192.0.2.7", to: "203.0.113.9", port }));
    for (const packet of packets) rig.see(packet);
    await pass(0);
    expect(named(rig.ran)).toEqual(["D X"]);
    await rig.play("+1 S7000>second S8000>second S9000>second");
    expect(named(rig.ran)).toEqual(["D X"]);
  });

  it("29: IPv6 with a hop-by-hop header", async () => {
    const rig = await start([D]);
    for (const port of ports) rig.see(syn({ from, to, port, extensions: [HEADER.HOP_BY_HOP] }));
    await pass(0);
    expect(named(rig.ran)).toEqual(["D X6"]);
  });

  it("29: IPv6 with an atomic fragment header", async () => {
    const rig = await start([D]);
    for (const port of ports) rig.see(syn({ from, to, port, fragment: { offset: 0, more: false } }));
    await pass(0);
    expect(named(rig.ran)).toEqual(["D X6"]);
  });

  it("30: IPv4 options and first fragments count, later fragments do not", async () => {
    const ends = { from: "192.0.2.7", to: DESTINATIONS["own"] ?? "" };
    const rig = await start([D]);
    rig.see(syn({ ...ends, port: 7000, options: Buffer.from("01010100", "hex") }));
    rig.see(syn({ ...ends, port: 9000, fragment: { offset: 2, more: false } }));
    rig.see(syn({ ...ends, port: 8000, fragment: { offset: 0, more: true } }));
    rig.see(ip(PROTOCOL.TCP, Buffer.alloc(20), { ...ends, fragment: { offset: 1, more: true } }));
    rig.see(syn({ ...ends, port: 9000 }));
    await pass(0);
    expect(named(rig.ran)).toEqual(["D X"]);
  });
});

describe("31: a scan", () => {
  const ascending = Array.from({ length: 9010 - 6990 + 1 }, (_, index) => `S${6990 + index}`);

  it("does not open a door, in either direction", async () => {
    const rig = await start([D]);
    await rig.play(ascending.join(" "));
    await rig.play([...ascending].reverse().join(" "));
    expect(rig.ran).toEqual([]);
  });

  it("opens it with scan_guard: false, as in knockd", async () => {
    const rig = await start([D], { scan_guard: false });
    await rig.play(ascending.join(" "));
    expect(named(rig.ran)).toEqual(["D X"]);
  });

  it("spoils no knock that comes after it", async () => {
    const rig = await start([D]);
    await rig.play(`${ascending.join(" ")} S7000 S8000 S9000`);
    expect(named(rig.ran)).toEqual(["D X"]);
  });
});

describe("one-time sequences", () => {
  const directory = mkdtempSync(join(tmpdir(), "knockd-one-time-"));
  const file = join(directory, "sequences");
  afterAll(() => rmSync(directory, { recursive: true }));

  async function withFile(text: string): Promise<{ rig: Rig; left: () => string }> {
    writeFileSync(file, text);
    const rig = await start([{ name: "O", one_time_sequences: file, tcpflags: "syn", start_command: "O %IP%" }]);
    return { rig, left: () => readFileSync(file, "utf8") };
  }

  it("38: each is good once, and struck out in the file", async () => {
    const { rig, left } = await withFile(" 7000,8000\n 7001,8001\n 7002,8002\n");
    await rig.play("S7000 S8000");
    expect(rig.ran).toHaveLength(1);
    await rig.play("S7000 S8000");
    expect(rig.ran).toHaveLength(1);
    await rig.play("S7001 S8001");
    expect(rig.ran).toHaveLength(2);
    expect(left()).toBe("#7000,8000\n#7001,8001\n 7002,8002\n");
  });

  it("39: after the last one only that door is disabled, and says so", async () => {
    const { rig } = await withFile(" 7000,8000\n");
    await rig.play("S7000 S8000 S7000 S8000");
    expect(rig.ran).toHaveLength(1);
    expect(rig.log.messages()).toContain("O: no one-time sequence left, the door is disabled");
  });

  it("40: an attempt does not carry over into a longer sequence", async () => {
    const { rig } = await withFile(" 7000,8000\n 1,2,3333,4444\n");
    await rig.play("S7000 S8000 S3333 S4444");
    expect(rig.ran).toHaveLength(1);
  });

  it("41: an unreadable line before it does not save a used sequence", async () => {
    const { rig, left } = await withFile("what is this\n 7000,8000\n");
    await rig.play("S7000 S8000 S7000 S8000");
    expect(rig.ran).toHaveLength(1);
    expect(left()).toBe("what is this\n#7000,8000\n");
  });
});

describe("42: a flood of spoofed first knocks", () => {
  it("loses none of 20 real knocks, and does not grow the memory", async () => {
    const rig = await start([{ ...D, sequence: "7000:udp,8000:udp,9000:udp", seq_timeout: 25 }]);
    let spoofed = 0;
    const flood = (): void => {
      for (let count = 0; count < 10_000; count++, spoofed++) {
        rig.seeFrom(`10.${spoofed >>> 16}.${(spoofed >>> 8) & 255}.${spoofed & 255}`, "U7000");
      }
    };
    flood();
    const before = memoryHeld().arrayBuffers;
    for (let knock = 1; knock <= 20; knock++) {
      for (const port of [7000, 8000, 9000]) {
        rig.seeFrom(`192.0.2.${knock}`, `U${port}`);
        if (port === 8000) flood();
      }
    }
    await pass(0);
    expect(rig.ran).toHaveLength(20);
    expect(memoryHeld().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  });
});

describe("sequences as people write them", () => {
  it.each([
    ['"571, 290, 911 "', ["571/tcp", "290/tcp", "911/tcp"]],
    ['"7000:UDP , 8000 : Tcp"', ["7000/udp", "8000/tcp"]],
  ])("43: accepts %s", (text, steps) => {
    const parsed = configOf(`doors: { ssh: { sequence: ${text}, seq_timeout: 5 } } # s`);
    expect(parsed.doors[0]?.sequence.map(({ number, protocol }) => `${number}/${protocol}`)).toEqual(steps);
  });

  it.each([["7000,8000,"], [""], ["abc"]])("44: refuses %j, naming the place", (sequence) => {
    const parsed = parseConfig(JSON.stringify({ doors: { ssh: { sequence } } }));
    expect(parsed).toMatchObject({ problems: [{ path: expect.stringMatching(/^doors\.ssh\.sequence\[\d\]$/) }] });
  });
});
