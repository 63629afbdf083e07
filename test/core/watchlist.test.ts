import { describe, expect, it } from "vitest";
import { filterFor } from "../../src/core/filter.ts";
import { guardPorts } from "../../src/core/guard.ts";
import { parsePort, portKey } from "../../src/core/port.ts";
import { ANY_FLAGS, FIRST_SYN } from "../../src/core/tcp-flags.ts";
import { watchlistFor } from "../../src/core/watchlist.ts";
import { door } from "../support/doors.ts";

const SECRET = [1, 2, 3, 4] as const;
const SSH = door({ sequence: "7000,8000/udp,9000", open: 22 });

function keysOf(...texts: string[]): Set<number> {
  return new Set(texts.map(parsePort).map(({ protocol, number }) => portKey(protocol, number)));
}

describe("the watch list", () => {
  it("is the steps, and the guards around them", () => {
    const { guards, filter } = watchlistFor([SSH], true, new Set(), SECRET);
    expect(guards).toEqual(guardPorts([SSH], new Set(), SECRET));
    expect(filter).toBe(filterFor(new Set([...keysOf("7000", "8000/udp", "9000"), ...guards]), FIRST_SYN));
  });

  it("is the steps alone without a scan guard", () => {
    const { guards, filter } = watchlistFor([SSH], false, new Set(), SECRET);
    expect(guards.size).toBe(0);
    expect(filter).toBe(filterFor(keysOf("7000", "8000/udp", "9000"), FIRST_SYN));
  });

  it("is the port of signed packets, too, and no guard stands there", () => {
    const near = door({ sequence: "62200/udp,8000/udp,62202/udp", open: 22 });
    const { guards, filter } = watchlistFor([near], true, new Set(), SECRET, 62_201);
    expect(guards.has(portKey("udp", 62_201))).toBe(false);
    expect(guardPorts([near], new Set(), SECRET).has(portKey("udp", 62_201))).toBe(true);
    const watched = new Set([...keysOf("62200/udp", "8000/udp", "62202/udp"), ...guards]);
    expect(filter).toBe(filterFor(watched, FIRST_SYN, 62_201));
  });

  it("has no guard on a port in use", () => {
    expect(watchlistFor([SSH], true, keysOf("7001"), SECRET).guards).not.toContain([...keysOf("7001")][0]);
  });

  it("asks of TCP only what all doors ask", () => {
    const other = door({ name: "other", sequence: "5000", tcpflags: "any" });
    expect(watchlistFor([SSH, other], false, new Set(), SECRET).filter).toBe(
      filterFor(keysOf("7000", "8000/udp", "9000", "5000"), ANY_FLAGS),
    );
  });

  it("does not heed the flags of a door that has no sequence left", () => {
    const empty = { ...door({ name: "other", tcpflags: "any" }), sequence: [] };
    expect(watchlistFor([SSH, empty], false, new Set(), SECRET).filter).toBe(
      watchlistFor([SSH], false, new Set(), SECRET).filter,
    );
  });
});
