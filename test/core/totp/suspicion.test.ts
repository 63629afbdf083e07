import { describe, expect, it } from "vitest";
import { type Address, parseAddress } from "../../../src/core/address.ts";
import { Suspicion } from "../../../src/core/totp/suspicion.ts";

const X = addressOf("192.0.2.7");
const Y = addressOf("192.0.2.8");
const GROUP = 3;

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(text);
  return address;
}

/** So many failures, each with another code, `everyMs` apart; the time of the last. */
function failTimes(
  suspicion: Suspicion,
  times: number,
  { source = X, group = GROUP, fromMs = 1000, everyMs = 10 } = {},
) {
  for (let time = 0; time < times; time++) suspicion.fail(source, group, fromMs + time, fromMs + time * everyMs);
  return fromMs + (times - 1) * everyMs;
}

describe("an address is suspect", () => {
  it("from the fifth failure in a minute on, for a minute after the last", () => {
    const suspicion = new Suspicion(1, 64);
    const fourthMs = failTimes(suspicion, 4);
    expect(suspicion.of(X, GROUP, fourthMs)).toBeUndefined();
    expect(suspicion.fail(X, GROUP, 77, 2000)).toEqual({ kind: "counted", failures: 5, first: false });
    expect(suspicion.of(X, GROUP, 61_999)).toBe("address");
    expect(suspicion.of(X, GROUP, 62_000)).toBeUndefined();
  });

  it("never for failures that are a quarter of a minute apart, however many there are", () => {
    const suspicion = new Suspicion(1, 64);
    const lastMs = failTimes(suspicion, 1000, { everyMs: 20_001 });
    expect(suspicion.of(X, GROUP, lastMs)).toBeUndefined();
  });

  it("for five in any minute, not one on the clock", () => {
    const suspicion = new Suspicion(1, 64);
    for (const atMs of [0, 59_000, 59_100, 59_200, 61_000]) suspicion.fail(X, GROUP, atMs, atMs);
    expect(suspicion.of(X, GROUP, 61_000)).toBe("address");
  });

  it("alone: no other source and no other group of doors", () => {
    const suspicion = new Suspicion(1, 64);
    const lastMs = failTimes(suspicion, 5);
    expect(suspicion.of(Y, GROUP, lastMs)).toBeUndefined();
    expect(suspicion.of(X, GROUP + 1, lastMs)).toBeUndefined();
    expect(suspicion.fail(Y, GROUP, 9, lastMs)).toEqual({ kind: "counted", failures: 1, first: true });
  });

  it("not for the same code again: tools retransmit", () => {
    const suspicion = new Suspicion(1, 64);
    suspicion.fail(X, GROUP, 492_817, 0);
    for (let atMs = 1000; atMs < 50_000; atMs += 1000)
      expect(suspicion.fail(X, GROUP, 492_817, atMs).kind).toBe("again");
    expect(suspicion.fail(X, GROUP, 492_818, 50_000)).toMatchObject({ failures: 2 });
    expect(suspicion.fail(X, GROUP, undefined, 50_001)).toMatchObject({ failures: 3 });
  });

  it.each([
    ["198.51.100.7", 1, "198.51.100.7", "address", "198.51.100.8"],
    ["2001:db8:0:7::1", 1, "2001:db8:0:7:ffff::9", "address", "2001:db8:0:8::1"],
  ])("%s: with all that it has, which is %i /32 or /64", (from, _networks, same, scope, other) => {
    const suspicion = new Suspicion(1, 64);
    const lastMs = failTimes(suspicion, 5, { source: addressOf(from) });
    expect(suspicion.of(addressOf(same), GROUP, lastMs)).toBe(scope);
    expect(suspicion.of(addressOf(other), GROUP, lastMs)).toBeUndefined();
  });
});

describe("networks are suspect when many of their addresses have failed", () => {
  const v4 = (host: number) => `198.51.${host >> 8}.${host & 255}`;
  const v6 = (host: number) => `2001:db8:${(host >> 16).toString(16)}:${(host & 0xffff).toString(16)}::1`;
  it.each([
    ["an IPv4 /24 after 20", 20, (host: number) => v4(host), "198.51.0.99", "network", "198.51.1.1"],
    ["an IPv4 /16 after 60", 60, (host: number) => v4(host * 256), "198.51.200.99", "provider", "198.52.0.1"],
    ["an IPv6 /56 after 20", 20, (host: number) => v6(host), "2001:db8:0:99::1", "network", "2001:db8:0:100::1"],
    ["an IPv6 /48 after 60", 60, (host: number) => v6(host * 256), "2001:db8:0:ffff::1", "provider", "2001:db8:1::1"],
  ])("%s", (_what, times, source, inside, scope, outside) => {
    const suspicion = new Suspicion(1, 1024);
    for (let host = 1; host < times; host++) suspicion.fail(addressOf(source(host)), GROUP, host, 1000);
    expect(suspicion.of(addressOf(inside), GROUP, 1000)).toBeUndefined();
    suspicion.fail(addressOf(source(times)), GROUP, times, 1000);
    expect(suspicion.of(addressOf(inside), GROUP, 1000)).toBe(scope);
    expect(suspicion.of(addressOf(outside), GROUP, 1000)).toBeUndefined();
  });

  it("everybody after 200 from everywhere", () => {
    const suspicion = new Suspicion(1, 2048);
    for (let number = 1; number < 200; number++) suspicion.fail(Int32Array.of(0, 0, 0xffff, number << 17), GROUP, 1, 0);
    expect(suspicion.of(X, GROUP, 1)).toBeUndefined();
    suspicion.fail(Y, GROUP, 1, 1);
    expect(suspicion.of(X, GROUP, 1)).toBe("all");
    expect(suspicion.of(addressOf("2001:db8::1"), GROUP, 1)).toBe("all");
  });
});

describe("the table of those who failed", () => {
  it("keeps its size, and forgets those with a single failure before others", () => {
    const suspicion = new Suspicion(1, 256);
    failTimes(suspicion, 5);
    for (let number = 0; number < 50; number++)
      suspicion.fail(Int32Array.of(0, 0, 0xffff, number << 16), GROUP, number, 2000);
    expect(suspicion.of(X, GROUP, 2000)).toBe("address");
    for (let number = 0; number < 10_000; number++)
      suspicion.fail(Int32Array.of(0, 0, 0xffff, number << 8), GROUP, number, 2000);
    expect(suspicion.size).toBe(256);
  });

  it("is empty again when time has passed", () => {
    const suspicion = new Suspicion(1, 64);
    const lastMs = failTimes(suspicion, 5);
    suspicion.sweep(lastMs + 59_999);
    expect(suspicion.size).toBe(4);
    suspicion.sweep(lastMs + 60_000);
    expect(suspicion.size).toBe(0);
  });

  it("follows doors to their new numbers, and forgets those of doors that are gone", () => {
    const suspicion = new Suspicion(1, 64);
    const lastMs = failTimes(suspicion, 5);
    suspicion.fail(X, 4, 1, lastMs);
    suspicion.renumber((group) => (group === GROUP ? 0 : -1));
    expect(suspicion.of(X, 0, lastMs)).toBe("address");
    expect(suspicion.size).toBe(4);
  });
});
