// What the completion says of doors, whatever state the file is in.
import { describe, expect, it } from "vitest";
import { doorOutlines } from "../../../src/core/config/door-outlines.ts";

describe("the doors of a file that is not checked", () => {
  it("have their names, and the ports that they open in one form", () => {
    const doors = {
      ssh: { sequence: "1,2,3", open: 22 },
      dns: { open: ["53/udp", "53:tcp"] },
      nas: { open: { port: 2222, to: "192.168.1.10:22" } },
      log: {},
    };
    expect(doorOutlines({ doors })).toEqual([
      { name: "ssh", opens: ["22/tcp"] },
      { name: "dns", opens: ["53/udp", "53/tcp"] },
      { name: "nas", opens: ["2222/tcp"] },
      { name: "log", opens: [] },
    ]);
  });

  it.each([undefined, null, 7, "doors", {}, { doors: null }, { doors: [] }])("are none in %j", (value) => {
    expect(doorOutlines(value)).toEqual([]);
  });

  it("are named even where nothing else of them can be read", () => {
    expect(doorOutlines({ doors: { a: null, b: { open: ["never", { to: 7 }, true] }, c: 7 } })).toEqual([
      { name: "a", opens: [] },
      { name: "b", opens: [] },
      { name: "c", opens: [] },
    ]);
  });
});
