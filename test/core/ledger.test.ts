import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  closeRecord,
  doorOfEntry,
  type LedgerEntry,
  openRecord,
  readLedger,
  remainingMs,
} from "../../src/core/ledger.ts";
import { door } from "../support/doors.ts";

const entry = (over: Partial<LedgerEntry> = {}): LedgerEntry => ({
  door: "ssh",
  ip: "192.0.2.7",
  boot: "boot-1",
  opened: { wallMs: 1_000_000, upMs: 5000 },
  closes: { wallMs: 1_030_000, upMs: 35_000 },
  earnedBy: "knock",
  open: true,
  ...over,
});

describe("the ledger's text", () => {
  it("tells what was opened and not closed", () => {
    const other = entry({ ip: "2001:db8::7", stop: { argv: ["stop", "2001:db8::7"] } });
    const text = openRecord(entry()) + openRecord(other) + closeRecord(entry());
    expect(readLedger(text.split("\n"))).toEqual({ entries: [other], damaged: 0 });
  });

  it("takes the later of two openings, an extension", () => {
    const extended = entry({ closes: { wallMs: 1_060_000, upMs: 65_000 } });
    expect(readLedger([openRecord(entry()), openRecord(extended)]).entries).toEqual([extended]);
  });

  it("remembers how a grant was earned; one of an earlier version did not say it", () => {
    const { earnedBy: _, ...old } = entry();
    const byHand = entry({ ip: "192.0.2.8", earnedBy: "manual" });
    const { entries, damaged } = readLedger([JSON.stringify({ open: old }), openRecord(byHand)]);
    expect(entries.map(({ earnedBy }) => earnedBy)).toEqual(["unknown", "manual"]);
    expect(damaged).toBe(0);
  });

  it("cut at any byte loses at most its last record, and says so", () => {
    const whole = openRecord(entry({ ip: "192.0.2.1" })) + openRecord(entry({ ip: "192.0.2.2" }));
    const first = openRecord(entry({ ip: "192.0.2.1" })).length;
    for (let length = 0; length <= whole.length; length++) {
      const { entries, damaged } = readLedger(whole.slice(0, length).split("\n"));
      // A record is whole with its closing brace; the line's end may be missing.
      const whole1 = length >= first - 1 ? 1 : 0;
      const whole2 = length >= whole.length - 1 ? 1 : 0;
      const cut = length > 0 && length !== first - 1 && length !== first && length < whole.length - 1;
      expect([length, entries.length, damaged]).toEqual([length, whole1 + whole2, cut ? 1 : 0]);
    }
  });

  it("never throws, whatever stands in the file", () => {
    fc.assert(fc.property(fc.string(), (text) => readLedger(text.split("\n")).entries.length === 0));
    fc.assert(fc.property(fc.array(fc.json()), (lines) => readLedger(lines).entries.length === 0));
  });
});

describe("the time that is left", () => {
  const now = (wallMs: number, upMs: number) => ({ wallMs, upMs });
  it.each([
    ["in the same boot, by the monotonic clock", now(1_010_000, 15_000), "boot-1", 20_000],
    ["whatever the wall clock says", now(9_999_999, 15_000), "boot-1", 20_000],
    ["and be it the past", now(0, 15_000), "boot-1", 20_000],
    ["nothing, once it is over", now(1_010_000, 35_001), "boot-1", 0],
    ["after a reboot, by the wall clock", now(1_010_000, 7), "boot-2", 20_000],
    ["nothing, if it says the grant is over", now(1_030_000, 7), "boot-2", 0],
    ["nothing, if it says the grant has not begun", now(999_999, 7), "boot-2", 0],
  ])("is %s", (_, moment, boot, left) => {
    expect(remainingMs(entry(), moment, boot)).toBe(left);
  });

  it("after a reboot is never more than the grant", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(), (wallMs, upMs) => remainingMs(entry(), { wallMs, upMs }, "boot-2") <= 30_000),
    );
  });
});

describe("the door of an entry", () => {
  const stop = { shell: "old stop" };

  it("closes as it was opened, and is extended as it is now", () => {
    const now = door({ name: "ssh", sequence: "1,2,3", start_command: "start", stop_command: "new stop", for: 99 });
    const found = doorOfEntry(entry({ stop }), now);
    expect(found.commands[4]).toEqual({ start: { shell: "start" }, stop });
    expect(found.grantMs).toBe(99_000);
  });

  it("that the config has no longer can still be closed", () => {
    const found = doorOfEntry(entry({ stop, set: "inet filter allowed" }), undefined);
    expect(found.name).toBe("ssh");
    expect(found.commands[4]).toEqual({ stop });
    expect(found.sets).toEqual({ 4: "inet filter allowed" });
  });
});
