import { describe, expect, it } from "vitest";
import { type Address, parseAddress } from "../../../src/core/address.ts";
import { Lockouts } from "../../../src/core/totp/lockout.ts";

const X = addressOf("192.0.2.7");
const Y = addressOf("192.0.2.8");
const DOOR = 3;

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(text);
  return address;
}

/** So many failures, each with another code, `everyMs` apart; the time of the last. */
function failTimes(
  lockouts: Lockouts,
  times: number,
  { source = X, door = DOOR, fromMs = 1000, everyMs = 10 } = {},
): number {
  for (let time = 0; time < times; time++) lockouts.fail(source, door, fromMs + time, fromMs + time * everyMs);
  return fromMs + (times - 1) * everyMs;
}

describe("a lockout", () => {
  it("comes with the fifth failure in a minute, and lasts a minute", () => {
    const lockouts = new Lockouts(1, 8);
    const fourthMs = failTimes(lockouts, 4);
    expect(lockouts.leftMs(X, DOOR, fourthMs)).toBe(0);
    expect(lockouts.fail(X, DOOR, 77, 2000)).toEqual({ kind: "locked", failures: 5, first: false });
    expect(lockouts.leftMs(X, DOOR, 2000)).toBe(60_000);
    expect(lockouts.leftMs(X, DOOR, 61_999)).toBe(1);
    expect(lockouts.leftMs(X, DOOR, 62_000)).toBe(0);
  });

  it("takes the failures before it along: after it there are five more", () => {
    const lockouts = new Lockouts(1, 8);
    const lockedMs = failTimes(lockouts, 5) + 60_000;
    for (let failures = 1; failures < 5; failures++)
      expect(lockouts.fail(X, DOOR, failures, lockedMs)).toMatchObject({ kind: "counted", failures });
    expect(lockouts.fail(X, DOOR, 5, lockedMs).kind).toBe("locked");
  });

  it("does not come from failures that are a minute apart, however many there are", () => {
    const lockouts = new Lockouts(1, 8);
    failTimes(lockouts, 1000, { everyMs: 15_001 });
    expect(lockouts.leftMs(X, DOOR, 1000 + 1000 * 15_001)).toBe(0);
  });

  it("counts any minute, not one on the clock", () => {
    const lockouts = new Lockouts(1, 8);
    lockouts.fail(X, DOOR, 1, 0);
    for (const atMs of [59_000, 59_100, 59_200]) lockouts.fail(X, DOOR, atMs, atMs);
    expect(lockouts.fail(X, DOOR, 2, 60_500)).toMatchObject({ kind: "counted", failures: 4 });
    expect(lockouts.fail(X, DOOR, 3, 61_000).kind).toBe("locked");
  });

  it("touches no other source and no other door", () => {
    const lockouts = new Lockouts(1, 8);
    const lastMs = failTimes(lockouts, 5);
    expect(lockouts.leftMs(Y, DOOR, lastMs)).toBe(0);
    expect(lockouts.leftMs(X, DOOR + 1, lastMs)).toBe(0);
    expect(lockouts.fail(Y, DOOR, 9, lastMs)).toEqual({ kind: "counted", failures: 1, first: true });
  });

  it("does not count the same code again: tools retransmit", () => {
    const lockouts = new Lockouts(1, 8);
    lockouts.fail(X, DOOR, 492_817, 0);
    for (let atMs = 1000; atMs < 50_000; atMs += 1000) expect(lockouts.fail(X, DOOR, 492_817, atMs).kind).toBe("again");
    expect(lockouts.fail(X, DOOR, 492_818, 50_000)).toMatchObject({ failures: 2 });
    expect(lockouts.fail(X, DOOR, undefined, 50_001)).toMatchObject({ failures: 3 });
    expect(lockouts.fail(X, DOOR, undefined, 50_002)).toMatchObject({ failures: 4 });
  });

  it("of IPv6 holds for the /64, whoever has one of its addresses having all", () => {
    const lockouts = new Lockouts(1, 8);
    for (let host = 1; host <= 5; host++) lockouts.fail(addressOf(`2001:db8:0:7::${host}`), DOOR, host, 0);
    expect(lockouts.leftMs(addressOf("2001:db8:0:7:ffff::9"), DOOR, 1)).toBeGreaterThan(0);
    expect(lockouts.leftMs(addressOf("2001:db8:0:8::1"), DOOR, 1)).toBe(0);
  });
});

describe("the table of lockouts", () => {
  it("keeps its size, and forgets those with a single failure before others", () => {
    const lockouts = new Lockouts(1, 64);
    failTimes(lockouts, 5);
    for (let number = 0; number < 50; number++) lockouts.fail(Int32Array.of(0, 0, 0xffff, number), DOOR, number, 2000);
    expect(lockouts.leftMs(X, DOOR, 2000)).toBeGreaterThan(0);
    for (let number = 0; number < 10_000; number++)
      lockouts.fail(Int32Array.of(0, 0, 0xffff, number), DOOR, number, 2000);
    expect(lockouts.size).toBe(64);
  });

  it("is empty again when time has passed", () => {
    const lockouts = new Lockouts(1, 64);
    failTimes(lockouts, 5);
    lockouts.fail(Y, DOOR, 1, 1000);
    lockouts.sweep(61_039);
    expect(lockouts.size).toBe(1);
    lockouts.sweep(61_040);
    expect(lockouts.size).toBe(0);
  });

  it("follows doors to their new numbers, and forgets those of doors that are gone", () => {
    const lockouts = new Lockouts(1, 8);
    const lastMs = failTimes(lockouts, 5);
    lockouts.fail(X, 4, 1, lastMs);
    lockouts.renumber((door) => (door === DOOR ? 0 : -1));
    expect(lockouts.leftMs(X, 0, lastMs)).toBeGreaterThan(0);
    expect(lockouts.size).toBe(1);
  });
});
