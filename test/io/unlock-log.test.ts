import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseAddress } from "../../src/core/address.ts";
import { emptyKnock, type Knock } from "../../src/core/knock.ts";
import type { Refusal } from "../../src/core/spa-refusal.ts";
import { UnlockLog } from "../../src/io/unlock-log.ts";
import { memoryLog } from "../support/memory-log.ts";

const SENDER: Knock = { ...emptyKnock(), source: parseAddress("192.0.2.7") ?? new Int32Array(4) };
const CLOCK: Refusal = { reason: "clock", key: "alice", aheadS: -400, maxS: 120 };

describe("the log of signed packets", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function openLog() {
    const memory = memoryLog();
    const log = new UnlockLog(memory.log);
    const infos = () => memory.lines.filter(({ level }) => level === 30).map(({ msg }) => msg);
    return { log, memory, infos };
  }

  it("says at once why a packet was refused, and of its kind the number after a minute", () => {
    const { log, infos } = openLog();
    for (let count = 0; count < 100; count++) log.refused(CLOCK, SENDER);
    const first = "192.0.2.7: key alice: refused: its clock is 400 s behind ours, at most 120 s are allowed";
    expect(infos()).toEqual([first]);
    vi.advanceTimersByTime(60_000);
    expect(infos().slice(1)).toEqual([
      "key alice: 99 more refused in the last minute: its clock is 400 s behind ours, at most 120 s are allowed",
    ]);
    log.refused(CLOCK, SENDER);
    expect(infos().at(-1)).toBe(first);
    vi.advanceTimersByTime(60_000);
    expect(infos().length).toBe(3);
  });

  it("keeps keys and reasons apart, so that a flood hides no honest mistake", () => {
    const { log, infos } = openLog();
    for (let count = 0; count < 1000; count++) log.refused({ reason: "no-key" }, SENDER);
    log.refused(CLOCK, SENDER);
    log.refused({ ...CLOCK, key: "bob" }, SENDER);
    log.refused({ reason: "replay", key: "alice" }, SENDER);
    expect(infos().length).toBe(4);
    vi.advanceTimersByTime(60_000);
    expect(infos().slice(4)).toEqual([
      "signed packets: 999 more refused in the last minute: its signature fits no key (wrong HMAC key or HMAC type)",
    ]);
  });

  it("says the first and the number at info level, too", () => {
    const { log, memory, infos } = openLog();
    memory.log.level = "info";
    for (let count = 0; count < 3; count++) log.refused(CLOCK, SENDER);
    vi.advanceTimersByTime(60_000);
    expect(infos().length).toBe(2);
    expect(memory.lines.length).toBe(2);
  });

  it("has each at debug level, with its facts as fields", () => {
    const { log, memory } = openLog();
    log.refused(CLOCK, SENDER);
    log.refused(CLOCK, SENDER);
    const fields = { event: "spa-refused", ip: "192.0.2.7", key: "alice", reason: "clock" };
    expect(memory.lines).toMatchObject([
      { level: 30, ...fields },
      { level: 20, ...fields },
    ]);
  });
});
