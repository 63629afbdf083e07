import pino from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseAddress } from "../../../src/core/address.ts";
import { Counters } from "../../../src/core/control/counters.ts";
import { emptyKnock } from "../../../src/core/frame.ts";
import { MatchLog } from "../../../src/io/log/sequence-log.ts";
import { door } from "../../support/doors.ts";
import { memoryLog } from "../../support/memory-log.ts";

const SSH = door();
const SOURCE = parseAddress("2001:db8::7") ?? new Int32Array(4);
const TOUCH = { ...emptyKnock(), protocol: "udp" as const, port: 7001 };

describe("the log of what becomes of attempts", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("says everything at debug level, with its facts", () => {
    const { log, lines } = memoryLog();
    const report = new MatchLog(log, new Counters());
    report.stage(SSH, SOURCE, 2);
    report.timeout(SSH, SOURCE, 1);
    report.guard(SSH, SOURCE, TOUCH);
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
    const report = new MatchLog(pino({ level: "error" }, { write: () => {} }), counters);
    report.guard(SSH, SOURCE, TOUCH);
    for (let time = 0; time < 2; time++) report.timeout(SSH, SOURCE, 1);
    for (let time = 0; time < 3; time++) report.wrong();
    expect(counters.drops).toEqual({ guard: 1, timeout: 2, wrong_port: 3 });
  });

  it("says at info level no more than a line a minute, whatever a stranger does", () => {
    const messages: string[] = [];
    const log = pino({ level: "info", base: null }, { write: (line) => void messages.push(JSON.parse(line).msg) });
    const report = new MatchLog(log, new Counters());
    for (let touch = 0; touch < 1000; touch++) {
      report.stage(SSH, SOURCE, 1);
      report.timeout(SSH, SOURCE, 1);
      report.guard(SSH, SOURCE, TOUCH);
    }
    vi.advanceTimersByTime(59_999);
    expect(messages).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(messages).toEqual(["guard ports: 1000 attempts dropped in the last minute"]);
    vi.advanceTimersByTime(600_000);
    expect(messages).toHaveLength(1);
    report.guard(SSH, SOURCE, TOUCH);
    vi.advanceTimersByTime(60_000);
    expect(messages.slice(1)).toEqual(["guard ports: 1 attempts dropped in the last minute"]);
  });
});
