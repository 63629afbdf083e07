import { describe, expect, it } from "vitest";
import { filterFor } from "../../src/core/capture/filter.ts";
import { guardsOf, UNTOUCHED_GROUND } from "../../src/core/guard/guard.ts";
import { parsePort, portKey } from "../../src/core/port.ts";
import { ANY_FLAGS, FIRST_SYN } from "../../src/core/tcp-flags.ts";
import { watchlistFor } from "../../src/core/watchlist.ts";
import { door } from "../support/doors.ts";

const SECRET = [1, 2, 3, 4] as const;
const SSH = door({ sequence: "7000,8000/udp,19000", open: 22 });
const GROUND = UNTOUCHED_GROUND;

function keysOf(...texts: string[]): Set<number> {
  return new Set(texts.map(parsePort).map(({ protocol, number }) => portKey(protocol, number)));
}

/** With the filters of its captures, one after the other. */
function watchlistOf(...args: Parameters<typeof watchlistFor>) {
  const list = watchlistFor(...args);
  return { ...list, filter: list.searches.map(({ filter }) => filter).join("\n") };
}

const listOf = (doors: readonly ReturnType<typeof door>[], ground = GROUND) => watchlistOf(doors, true, ground, SECRET);

describe("the watch list", () => {
  it("is the steps, and each door's guards around them", () => {
    const { guards, filter } = listOf([SSH]);
    expect(guards.get("ssh")?.ranges()).toEqual(guardsOf(SSH, "wide", GROUND, SECRET).ranges());
    const runs = filter.match(/(tcp|udp)\[2:2\] >= \d+ and \1\[2:2\] <= \d+/g) ?? [];
    expect(runs.length).toBeGreaterThanOrEqual(3);
    expect(runs.length).toBeLessThanOrEqual(4);
  });

  it("is the steps alone without a scan guard", () => {
    const { guards, filter } = watchlistOf([SSH], false, GROUND, SECRET);
    expect(guards.get("ssh")?.ranges()).toEqual([]);
    expect(filter).toBe(filterFor([{ keys: keysOf("7000", "8000/udp", "19000"), flags: FIRST_SYN }]));
  });

  it("is the port of signed packets, too, and no guard stands there", () => {
    const near = door({ sequence: "62300/udp,62202/udp,62205/udp", open: 22 });
    expect(listOf([near]).guards.get("ssh")?.has(portKey("udp", 62_201))).toBe(true);
    const { guards, filter } = watchlistOf([near], true, GROUND, SECRET, 62_201);
    expect(guards.get("ssh")?.has(portKey("udp", 62_201))).toBe(false);
    expect(filter).toContain("udp[2:2] = 62201");
  });

  it("has no guard on a port in use, nor where a door leads on, and hears a service begin without capturing anew", () => {
    const listening = { ...GROUND, inUse: keysOf("7001", "6999") };
    const before = listOf([SSH]);
    const after = listOf([SSH], listening);
    const taken = [...listening.inUse].filter((key) => before.guards.get("ssh")?.has(key));
    expect(taken.length).toBeGreaterThan(0);
    expect(taken.filter((key) => after.guards.get("ssh")?.has(key))).toEqual([]);
    expect(after.filter).toBe(before.filter);
    const to = { family: 4, ip: "192.168.1.10", port: 22, masquerade: false } as const;
    const gateway = { ...door({ name: "in", sequence: "100,200" }), open: [{ ...parsePort("7001"), to }] };
    expect(listOf([SSH, gateway]).guards.get("ssh")?.has(portKey("tcp", 7001))).toBe(false);
  });

  it("lets all packets to a UDP service pass by, once it listens", () => {
    const one = door({ sequence: "7000/udp,8000/udp" });
    expect(listOf([one], { ...GROUND, inUse: keysOf("8001/udp", "7999/udp") }).filter).not.toBe(listOf([one]).filter);
  });

  it("asks of TCP what a door asks, and nothing where one asks nothing", () => {
    const other = door({ name: "other", sequence: "5000", tcpflags: "any" });
    expect(watchlistOf([SSH, other], false, GROUND, SECRET).filter).toBe(
      filterFor([
        { keys: keysOf("5000"), flags: ANY_FLAGS },
        { keys: keysOf("7000", "8000/udp", "19000"), flags: FIRST_SYN },
      ]),
    );
  });

  it("does not heed the flags of a door that has no sequence left", () => {
    const empty = { ...door({ name: "other", tcpflags: "any" }), sequence: [] };
    const alone = watchlistOf([SSH], false, GROUND, SECRET).filter;
    expect(watchlistOf([SSH, empty], false, GROUND, SECRET).filter).toBe(alone);
  });

  it("captures signed packets by themselves, whole, and of knocks the headers", () => {
    const kinds = (doors: readonly ReturnType<typeof door>[], port?: number) =>
      watchlistFor(doors, false, GROUND, SECRET, port).searches.map(({ capture, snapBytes }) => [capture, snapBytes]);
    expect(kinds([SSH], 62_201)).toEqual([
      ["knocks", 256],
      ["packets", 2048],
    ]);
    expect(watchlistFor([SSH], false, GROUND, SECRET, 62_201).searches[0]?.filter).not.toContain("62201");
    expect(kinds([SSH])).toEqual([["knocks", 256]]);
  });

  it("starts no capture for knocks where nobody can knock", () => {
    const packetsOnly = { ...door({ name: "other" }), sequence: [] };
    const kinds = (port?: number) =>
      watchlistFor([packetsOnly], true, GROUND, SECRET, port).searches.map(({ capture }) => capture);
    expect([kinds(62_201), kinds()]).toEqual([["packets"], ["knocks"]]);
  });
});
