import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LedgerEntry, openRecord } from "../../../src/core/ledger.ts";
import { Ledger } from "../../../src/io/state/ledger-file.ts";

const entry = (ip: string, stop?: string): LedgerEntry => ({
  door: "ssh",
  ip,
  boot: "boot-1",
  opened: { wallMs: 1, upMs: 1 },
  closes: { wallMs: 2, upMs: 2 },
  earnedBy: "knock",
  open: true,
  ...(stop === undefined ? {} : { stop: { shell: stop } }),
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "knockd-ledger-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function opened(path = directory): Ledger {
  const ledger = new Ledger(path, "boot-1");
  ledger.read();
  return ledger;
}

function reread(): string[] {
  return new Ledger(directory, "boot-1").read().entries.map(({ ip }) => ip);
}

describe("the ledger", () => {
  it("tells the next run what is still to be closed", async () => {
    const ledger = opened();
    await ledger.open(entry("192.0.2.1"), false);
    await ledger.open(entry("192.0.2.2"), true);
    ledger.close(entry("192.0.2.1"));
    expect(reread()).toEqual(["192.0.2.2"]);
  });

  it("begins with nothing where there is no file and no directory yet", async () => {
    const path = join(directory, "deep", "down");
    const ledger = new Ledger(path, "boot-1");
    expect(ledger.read()).toEqual({ entries: [], damaged: 0 });
    await ledger.open(entry("192.0.2.1"), true);
    expect(new Ledger(path, "boot-1").read().entries).toHaveLength(1);
  });

  it("is for its owner's eyes only: commands may hold secrets", async () => {
    await opened().open(entry("192.0.2.1"), false);
    expect(statSync(join(directory, "ledger")).mode & 0o777).toBe(0o600);
  });

  it("drops a torn tail, and goes on behind it", async () => {
    await opened().open(entry("192.0.2.1"), false);
    const file = join(directory, "ledger");
    writeFileSync(file, `${readFileSync(file, "utf8")}{"open":{"door":"ss`);
    const ledger = new Ledger(directory, "boot-1");
    expect(ledger.read().damaged).toBe(1);
    await ledger.open(entry("192.0.2.2"), false);
    expect(new Ledger(directory, "boot-1").read()).toMatchObject({
      damaged: 0,
      entries: [{ ip: "192.0.2.1" }, { ip: "192.0.2.2" }],
    });
  });

  it("of an earlier version, which says nothing of the boot, counts all the same", () => {
    writeFileSync(join(directory, "ledger"), openRecord(entry("192.0.2.1")));
    expect(new Ledger(directory, "boot-1").read()).toMatchObject({ damaged: 0, entries: [{ ip: "192.0.2.1" }] });
  });

  it("does not grow with what is over", async () => {
    const ledger = opened();
    await ledger.open(entry("192.0.2.1"), false);
    for (let round = 0; round < 20_000; round++) {
      await ledger.open(entry("192.0.2.2", "x".repeat(100)), false);
      ledger.close(entry("192.0.2.2"));
    }
    expect(statSync(join(directory, "ledger")).size).toBeLessThan(1.2 * 1024 * 1024);
    expect(reread()).toEqual(["192.0.2.1"]);
  });

  it("that cannot be written refuses every opening, with the reason", async () => {
    const file = join(directory, "file");
    writeFileSync(file, "");
    const ledger = new Ledger(join(file, "state"), "boot-1");
    expect(ledger.read().problem).toBeDefined();
    await expect(ledger.open(entry("192.0.2.1"), false)).rejects.toThrow(/ENOTDIR/);
  });
});
