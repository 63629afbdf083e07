import { describe, expect, it } from "vitest";
import { type Address, parseAddress } from "../../../src/core/address.ts";
import { NETWORKS_A_KEY_MAX, Standing } from "../../../src/core/spa/standing.ts";

const DAY_MS = 86_400_000;

function at(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(text);
  return address;
}

const lanes = (standing: Standing, nowMs: number, ...sources: string[]) =>
  sources.map((source) => standing.laneOf(at(source), nowMs));

describe("the standing of senders", () => {
  it("is that of their network: a /24, or a /48 of IPv6", () => {
    const standing = new Standing(7);
    standing.opened(at("192.0.2.7"), "alice", 0);
    standing.opened(at("2001:db8:5:1::7"), "alice", 0);
    expect(lanes(standing, 1, "192.0.2.99", "2001:db8:5:2::1")).toEqual(["known", "known"]);
    expect(lanes(standing, 1, "192.0.3.7", "2001:db8:6:1::7", "::c000:207")).toEqual(["fresh", "fresh", "fresh"]);
  });

  it("lasts a week after the last opening", () => {
    const standing = new Standing(7);
    standing.opened(at("192.0.2.7"), "alice", 0);
    expect(lanes(standing, 7 * DAY_MS - 1, "192.0.2.7")).toEqual(["known"]);
    expect(lanes(standing, 7 * DAY_MS, "192.0.2.7")).toEqual(["fresh"]);
    standing.opened(at("192.0.2.7"), "alice", 7 * DAY_MS);
    expect(lanes(standing, 8 * DAY_MS, "192.0.2.7")).toEqual(["known"]);
  });

  it("of one key takes no place of another's: its own oldest is forgotten", () => {
    const standing = new Standing(7);
    standing.opened(at("192.0.2.7"), "bob", 0);
    for (let number = 0; number <= NETWORKS_A_KEY_MAX; number++)
      standing.opened(at(`10.0.${number}.1`), "alice", number);
    expect(lanes(standing, 99, "192.0.2.1", "10.0.0.1", "10.0.1.1", `10.0.${NETWORKS_A_KEY_MAX}.1`)).toEqual([
      "known",
      "fresh",
      "known",
      "known",
    ]);
  });

  it("goes with the key", () => {
    const standing = new Standing(7);
    standing.opened(at("192.0.2.7"), "alice", 0);
    standing.opened(at("192.0.3.7"), "bob", 0);
    standing.apply([{ name: "bob" }]);
    expect(lanes(standing, 1, "192.0.2.7", "192.0.3.7")).toEqual(["fresh", "known"]);
  });

  it("is a minute's failure, of the source alone; of IPv6 its /64", () => {
    const standing = new Standing(7);
    standing.failed(at("192.0.2.7"), 1000);
    standing.failed(at("2001:db8::7"), 1000);
    expect(lanes(standing, 60_999, "192.0.2.7", "2001:db8::8")).toEqual(["failed", "failed"]);
    expect(lanes(standing, 60_999, "192.0.2.8", "2001:db8:0:1::7")).toEqual(["fresh", "fresh"]);
    expect(lanes(standing, 61_000, "192.0.2.7")).toEqual(["fresh"]);
  });

  it("is no worse for a failure where the network is known, which anybody could forge", () => {
    const standing = new Standing(7);
    standing.opened(at("192.0.2.7"), "alice", 0);
    standing.failed(at("192.0.2.7"), 1);
    expect(lanes(standing, 2, "192.0.2.7")).toEqual(["known"]);
  });
});
