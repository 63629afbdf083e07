import pino from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseAddress } from "../../../src/core/address.ts";
import { Counters } from "../../../src/core/control/counters.ts";
import { emptyKnock, type Knock } from "../../../src/core/frame.ts";
import type { Refusal } from "../../../src/core/spa/refusal.ts";
import { Findings } from "../../../src/io/log/finding-log.ts";
import { door } from "../../support/doors.ts";
import { memoryLog } from "../../support/memory-log.ts";

const SENDER: Knock = { ...emptyKnock(), source: parseAddress("192.0.2.7") ?? new Int32Array(4) };
const SSH = door();
const SOURCE = parseAddress("2001:db8::7") ?? new Int32Array(4);
const TOUCH: Knock = { ...emptyKnock(), source: SOURCE, protocol: "udp", port: 7001 };
const TIMED_OUT = { way: "sequence", door: SSH, source: SOURCE, stage: 1, ageMs: 10_000 } as const;
const CLOCK: Refusal = { reason: "clock", key: "alice", aheadS: -400, maxS: 120 };

describe("the log of signed packets", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function openLog() {
    const memory = memoryLog();
    const counters = new Counters();
    const findings = new Findings(memory.log, counters);
    const refuse = (refusal: Refusal): void => findings.found({ way: "packet", what: "refused", refusal }, SENDER);
    const infos = () => memory.lines.filter(({ level }) => level === 30).map(({ msg }) => msg);
    return { findings, refuse, memory, counters, infos };
  }

  it("says at once why a packet was refused, and of its kind the number after a minute", () => {
    const { refuse, infos } = openLog();
    for (let count = 0; count < 100; count++) refuse(CLOCK);
    const first = "192.0.2.7: key alice: refused: its clock is 400 s behind ours, at most 120 s are allowed";
    expect(infos()).toEqual([first]);
    vi.advanceTimersByTime(60_000);
    expect(infos().slice(1)).toEqual([
      "key alice: 99 more refused in the last minute: its clock is 400 s behind ours, at most 120 s are allowed",
    ]);
    refuse(CLOCK);
    expect(infos().at(-1)).toBe(first);
    vi.advanceTimersByTime(60_000);
    expect(infos().length).toBe(3);
  });

  it("keeps keys and reasons apart, so that a flood hides no honest mistake", () => {
    const { refuse, infos } = openLog();
    for (let count = 0; count < 1000; count++) refuse({ reason: "no-key" });
    refuse(CLOCK);
    refuse({ ...CLOCK, key: "bob" });
    refuse({ reason: "replay", key: "alice" });
    expect(infos().length).toBe(4);
    vi.advanceTimersByTime(60_000);
    expect(infos().slice(4)).toEqual([
      "signed packets: 999 more refused in the last minute: its signature fits no key (wrong HMAC key or HMAC type)",
    ]);
  });

  it("says the first and the number at info level, too", () => {
    const { refuse, memory, infos } = openLog();
    memory.log.level = "info";
    for (let count = 0; count < 3; count++) refuse(CLOCK);
    vi.advanceTimersByTime(60_000);
    expect(infos().length).toBe(2);
    expect(memory.lines.length).toBe(2);
  });

  it("counts what was refused by reason, whatever is written, and what was accepted", () => {
    const { findings, refuse, memory, counters } = openLog();
    memory.log.level = "error";
    for (let count = 0; count < 3; count++) refuse(CLOCK);
    refuse({ reason: "nat-host", key: "alice", to: "192.168.1.10:22" });
    expect(counters.packetsRefused).toMatchObject({ clock: 3, "nat-host": 1, "nat-port": 0, replay: 0 });
    expect(counters.packetsAccepted).toBe(0);
    findings.found({ way: "packet", what: "accepted", key: "alice", earned: [] }, SENDER);
    expect(counters.packetsAccepted).toBe(1);
  });

  it("says of a host that was asked for what was asked, in quotes", () => {
    const { refuse, infos } = openLog();
    refuse({ reason: "nat", key: "alice" });
    refuse({ reason: "nat-host", key: "alice", to: "nas:22" });
    refuse({ reason: "nat-port", key: "alice", to: "192.168.1.10:22", port: "22/tcp", from: ["2222/tcp"] });
    expect(infos()).toEqual([
      "192.0.2.7: key alice: refused: it asks for address translation, which no door that this key may open offers (nat: true)",
      '192.0.2.7: key alice: refused: it asks to be led to "nas:22", where no door with nat: true that this key may open leads',
      "192.0.2.7: key alice: refused: it asks that 22/tcp lead to 192.168.1.10:22, where only 2222/tcp leads (fwknop: --nat-port)",
    ]);
  });

  it("has each at debug level, with its facts as fields", () => {
    const { refuse, memory } = openLog();
    refuse(CLOCK);
    refuse(CLOCK);
    const fields = { event: "packet-refused", ip: "192.0.2.7", key: "alice", reason: "clock" };
    expect(memory.lines).toMatchObject([
      { level: 30, ...fields },
      { level: 20, ...fields },
    ]);
  });
});

describe("the log of what becomes of attempts", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("says everything at debug level, with its facts", () => {
    const { log, lines } = memoryLog();
    const report = new Findings(log, new Counters());
    report.found({ way: "sequence", what: "stage", door: SSH, stage: 2 }, TOUCH);
    report.timedOut(TIMED_OUT);
    report.found({ way: "sequence", what: "guard", door: SSH, stage: 2 }, TOUCH);
    expect(lines).toMatchObject([
      { level: 20, event: "stage", door: "ssh", ip: "2001:db8::7", stage: 2, msg: "2001:db8::7: ssh: Stage 2" },
      { level: 20, event: "timeout", door: "ssh", stage: 1, msg: "2001:db8::7: ssh: sequence timeout (stage 1)" },
      {
        level: 20,
        event: "guard",
        port: "7001/udp",
        msg: "2001:db8::7: ssh: guard port 7001/udp touched, attempt dropped",
      },
    ]);
  });

  it("counts what came to nothing, whatever the level of the log", () => {
    const counters = new Counters();
    const report = new Findings(pino({ level: "error" }, { write: () => {} }), counters);
    report.dropped("guard");
    for (let time = 0; time < 2; time++) report.timedOut(TIMED_OUT);
    for (let time = 0; time < 3; time++) report.dropped("wrong_port");
    expect(counters.drops).toEqual({ guard: 1, timeout: 2, wrong_port: 3 });
  });

  it("says at info level no more than a line a minute, whatever a stranger does", () => {
    const messages: string[] = [];
    const log = pino({ level: "info", base: null }, { write: (line) => void messages.push(JSON.parse(line).msg) });
    const report = new Findings(log, new Counters());
    for (let touch = 0; touch < 1000; touch++) {
      report.found({ way: "sequence", what: "stage", door: SSH, stage: 1 }, TOUCH);
      report.timedOut(TIMED_OUT);
      report.dropped("guard");
    }
    vi.advanceTimersByTime(59_999);
    expect(messages).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(messages).toEqual(["guard ports: 1000 attempts dropped in the last minute"]);
    vi.advanceTimersByTime(600_000);
    expect(messages).toHaveLength(1);
    report.dropped("guard");
    vi.advanceTimersByTime(60_000);
    expect(messages.slice(1)).toEqual(["guard ports: 1 attempts dropped in the last minute"]);
  });
});
