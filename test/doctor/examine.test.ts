import { describe, expect, it } from "vitest";
import { CHECKS } from "../../src/doctor/checks.ts";
import { examine } from "../../src/doctor/examine.ts";
import { Machine } from "../../src/doctor/machine.ts";
import { type Check, ok } from "../../src/doctor/machine-check.ts";

const machine = new Machine("/etc/knockd/knockd.yaml", { problem: "unread" }, "/var/lib/knockd");
const fine: Check = { name: "fine", look: () => [ok("as it should be"), ok("twice")] };

describe("examining the machine", () => {
  it("says what each check finds, in order", async () => {
    const late: Check = {
      name: "late",
      look: () => new Promise((resolve) => setImmediate(() => resolve([ok("at last")]))),
    };
    expect(await examine(machine, [late, fine])).toEqual([
      { check: "late", state: "ok", text: "at last" },
      { check: "fine", state: "ok", text: "as it should be" },
      { check: "fine", state: "ok", text: "twice" },
    ]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no such device");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no such device"))],
  ])("goes on after a check that %s", async (_how, look) => {
    expect(await examine(machine, [{ name: "broken", look }, fine])).toMatchObject([
      { check: "broken", state: "warn", text: "cannot look: no such device" },
      { check: "fine" },
      { check: "fine" },
    ]);
  });

  it("goes on after a check that never ends", async () => {
    const stuck: Check = { name: "stuck", look: () => new Promise(() => {}) };
    expect(await examine(machine, [stuck, fine], 10)).toMatchObject([
      { check: "stuck", state: "warn", text: "no answer after 0.01 seconds" },
      { check: "fine" },
      { check: "fine" },
    ]);
  });

  it("has one name for each check", () => {
    expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length);
  });
});
