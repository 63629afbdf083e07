import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseAddress } from "../../../src/core/address.ts";
import { Counters } from "../../../src/core/control/counters.ts";
import { emptyKnock, type Knock } from "../../../src/core/frame.ts";
import { open } from "../../../src/core/spa/open-packet.ts";
import type { Refusal } from "../../../src/core/spa/refusal.ts";
import { PacketLog } from "../../../src/io/log/packet-log.ts";
import { memoryLog } from "../../support/memory-log.ts";
import { key, packet } from "../../support/spa-packets.ts";

const SENDER: Knock = { ...emptyKnock(), source: parseAddress("192.0.2.7") ?? new Int32Array(4) };
const CLOCK: Refusal = { reason: "clock", key: "alice", aheadS: -400, maxS: 120 };

describe("the log of signed packets", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function openLog() {
    const memory = memoryLog();
    const counters = new Counters();
    const log = new PacketLog(memory.log, counters);
    const infos = () => memory.lines.filter(({ level }) => level === 30).map(({ msg }) => msg);
    return { log, memory, counters, infos };
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

  it("counts what was refused by reason, whatever is written, and what was accepted", () => {
    const { log, memory, counters } = openLog();
    memory.log.level = "error";
    for (let count = 0; count < 3; count++) log.refused(CLOCK, SENDER);
    log.refused({ reason: "nat-host", key: "alice", to: "192.168.1.10:22" }, SENDER);
    expect(counters.packetsRefused).toMatchObject({ clock: 3, "nat-host": 1, "nat-port": 0, replay: 0 });
    expect(counters.packetsAccepted).toBe(0);
    const opened = open(packet({ nowS: 1 }), [key()]);
    if ("reason" in opened) throw new Error(opened.reason);
    log.accepted(opened, [], SENDER);
    expect(counters.packetsAccepted).toBe(1);
  });

  it("says of a host that was asked for what was asked, in quotes", () => {
    const { log, infos } = openLog();
    log.refused({ reason: "nat", key: "alice" }, SENDER);
    log.refused({ reason: "nat-host", key: "alice", to: "nas:22" }, SENDER);
    log.refused(
      { reason: "nat-port", key: "alice", to: "192.168.1.10:22", port: "22/tcp", from: ["2222/tcp"] },
      SENDER,
    );
    expect(infos()).toEqual([
      "192.0.2.7: key alice: refused: it asks for address translation, which no door that this key may open offers (nat: true)",
      '192.0.2.7: key alice: refused: it asks to be led to "nas:22", where no door with nat: true that this key may open leads',
      "192.0.2.7: key alice: refused: it asks that 22/tcp lead to 192.168.1.10:22, where only 2222/tcp leads (fwknop: --nat-port)",
    ]);
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
