import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Door } from "../../src/core/door.ts";
import { type Grant, Grants, LEAVING_MAX, PASSING_KEPT, PASSING_MAX } from "../../src/core/grant.ts";
import { door } from "../support/doors.ts";

const SSH = door({ name: "ssh", open: 22, for: 10 });
const WEB = door({ name: "web", open: 80, for: 3 });
const COMMANDS = door({ name: "commands", start_command: "open %IP%", stop_command: "close %IP%", cmd_timeout: 5 });
/** Wake-on-LAN: there is nothing to undo. */
const WAKE = door({ name: "wake", start_command: "etherwake 02:00:00:00:00:01" });
const DOORS: Record<string, Door> = { ssh: SSH, web: WEB, commands: COMMANDS, wake: WAKE };

/** One row of a table: what happens at which time, and what is seen then. */
type Step =
  | { at: number; earn: string; ip?: string; outcome: string }
  | { at: number; started: string; ip?: string }
  | { at: number; due: readonly string[]; next?: number | undefined };

function play(steps: readonly Step[], grants = new Grants()): void {
  const held = new Map<string, Grant>();
  for (const [row, step] of steps.entries()) {
    if ("earn" in step) {
      const { earn, ip = "192.0.2.7" } = step;
      const admission = grants.admit(DOORS[earn] ?? SSH, ip, step.at);
      expect(admission.outcome, `row ${row}`).toBe(step.outcome);
      if (admission.outcome !== "full") held.set(`${earn} ${ip}`, admission.grant);
    } else if ("started" in step) {
      const grant = held.get(`${step.started} ${step.ip ?? "192.0.2.7"}`);
      if (grant !== undefined) grants.started(grant, step.at);
    } else {
      const due = grants.due(step.at).map((grant) => grant.door.name);
      expect(due, `row ${row}`).toEqual(step.due);
      if ("next" in step) expect(grants.nextDueMs, `row ${row}`).toBe(step.next);
    }
  }
}

describe("a grant", () => {
  const tables: readonly [string, readonly Step[]][] = [
    [
      "ends when its time is over, and not before",
      [
        { at: 1000, earn: "ssh", outcome: "opened" },
        { at: 1000, started: "ssh" },
        { at: 10_999, due: [], next: 11_000 },
        { at: 11_000, due: ["ssh"], next: undefined },
        { at: 99_000, due: [] },
      ],
    ],
    [
      "counts its time from the end of the start command",
      [
        { at: 0, earn: "commands", outcome: "opened" },
        { at: 4000, started: "commands" },
        { at: 5000, due: [], next: 9000 },
        { at: 8999, due: [] },
        { at: 9000, due: ["commands"] },
      ],
    ],
    [
      "is not due while its start command runs, however long that takes, and is looked at again soon",
      [
        { at: 0, earn: "commands", outcome: "opened" },
        { at: 5000, due: [], next: 5100 },
        { at: 60_000, due: [], next: 60_100 },
        { at: 60_050, started: "commands" },
        { at: 60_100, due: [], next: 65_050 },
        { at: 65_050, due: ["commands"] },
      ],
    ],
    [
      "is extended by knocking again: its end moves",
      [
        { at: 0, earn: "ssh", outcome: "opened" },
        { at: 0, started: "ssh" },
        { at: 6000, earn: "ssh", outcome: "extended" },
        { at: 10_000, due: [], next: 16_000 },
        { at: 15_999, due: [] },
        { at: 16_000, due: ["ssh"], next: undefined },
      ],
    ],
    [
      "is extended as often as somebody knocks, and stays one",
      [
        { at: 0, earn: "web", outcome: "opened" },
        { at: 0, started: "web" },
        ...Array.from({ length: 50 }, (_each, index) => ({ at: index * 1000, earn: "web", outcome: "extended" })),
        { at: 49_500, due: [], next: 52_000 },
        { at: 51_999, due: [] },
        { at: 52_000, due: ["web"], next: undefined },
      ],
    ],
    [
      "is extended while it still opens",
      [
        { at: 0, earn: "commands", outcome: "opened" },
        { at: 3000, earn: "commands", outcome: "extended" },
        { at: 3500, started: "commands" },
        { at: 5000, due: [], next: 8500 },
        { at: 8499, due: [] },
        { at: 8500, due: ["commands"] },
      ],
    ],
    [
      "is looked at again exactly at its end, however little that was moved",
      [
        { at: 0, earn: "ssh", outcome: "opened" },
        { at: 1, started: "ssh" },
        { at: 50, earn: "ssh", outcome: "extended" },
        { at: 10_000, due: [], next: 10_050 },
        { at: 10_050, due: ["ssh"] },
      ],
    ],
    [
      "opens anew once it has ended",
      [
        { at: 0, earn: "ssh", outcome: "opened" },
        { at: 0, started: "ssh" },
        { at: 10_000, due: ["ssh"] },
        { at: 10_000, earn: "ssh", outcome: "opened" },
        { at: 10_000, started: "ssh" },
        { at: 19_999, due: [], next: 20_000 },
        { at: 20_000, due: ["ssh"] },
      ],
    ],
    [
      "is one per door and address",
      [
        { at: 0, earn: "ssh", outcome: "opened" },
        { at: 0, earn: "web", outcome: "opened" },
        { at: 0, earn: "ssh", ip: "192.0.2.8", outcome: "opened" },
        { at: 0, earn: "ssh", ip: "2001:db8::7", outcome: "opened" },
        { at: 1, earn: "ssh", ip: "192.0.2.8", outcome: "extended" },
      ],
    ],
    [
      "ends in the order of the ends, whatever the order of the openings",
      [
        { at: 0, earn: "ssh", outcome: "opened" },
        { at: 0, started: "ssh" },
        { at: 1, earn: "web", outcome: "opened" },
        { at: 1, started: "web" },
        { at: 2, earn: "commands", outcome: "opened" },
        { at: 2, started: "commands" },
        { at: 100_000, due: ["web", "commands", "ssh"], next: undefined },
      ],
    ],
    [
      "of a door with nothing to undo passes each time",
      [
        { at: 0, earn: "wake", outcome: "passing" },
        { at: 0, earn: "wake", outcome: "passing" },
        { at: 100_000, due: [], next: undefined },
      ],
    ],
  ];
  it.each(tables)("%s", (_name, steps) => play(steps));

  it("tells what is known of it", () => {
    const grants = new Grants();
    expect(grants.admit(SSH, "2001:db8::7", 1000)).toEqual({
      outcome: "opened",
      grant: {
        door: SSH,
        ip: "2001:db8::7",
        family: 6,
        openedMs: 1000,
        closesMs: 11_000,
        durationMs: 10_000,
        earnedBy: "knock",
        state: "opening",
      },
    });
    expect(grants.all().map(({ ip }) => ip)).toEqual(["2001:db8::7"]);
  });

  it("may be earned in another way, for another time; knocking or asking for less does not shorten it", () => {
    const grants = new Grants();
    const admission = grants.admit(SSH, "192.0.2.7", 0, { earnedBy: "manual", durationMs: 60_000 });
    if (admission.outcome !== "opened") throw new Error(admission.outcome);
    const { grant } = admission;
    grants.started(grant, 0);
    expect(grant).toMatchObject({ earnedBy: "manual", closesMs: 60_000 });
    grants.admit(SSH, "192.0.2.7", 1000);
    grants.admit(SSH, "192.0.2.7", 2000, { durationMs: 5000 });
    expect(grant).toMatchObject({ earnedBy: "manual", closesMs: 60_000 });
    grants.admit(SSH, "192.0.2.7", 55_000);
    expect(grant.closesMs).toBe(65_000);
  });

  it("counts a time of its own, too, from the end of the start command", () => {
    const grants = new Grants();
    const admission = grants.admit(COMMANDS, "192.0.2.7", 0, { durationMs: 1000 });
    if (admission.outcome !== "opened") throw new Error(admission.outcome);
    grants.started(admission.grant, 3000);
    expect(admission.grant.closesMs).toBe(4000);
  });

  it("is found by door and address, and seen one by one", () => {
    const grants = new Grants();
    grants.admit(SSH, "192.0.2.7", 0);
    grants.admit(WEB, "192.0.2.7", 0);
    expect(grants.get("web", "192.0.2.7")?.door).toBe(WEB);
    expect(grants.get("web", "192.0.2.8")).toBeUndefined();
    expect([...grants.each()].map(({ door }) => door.name)).toEqual(["ssh", "web"]);
  });

  it("that was taken out early is neither due nor in the way of the next", () => {
    const grants = new Grants();
    const first = grants.admit(SSH, "192.0.2.7", 0);
    if (first.outcome === "full") throw new Error("full");
    expect(grants.remove(first.grant).state).toBe("closed");
    expect(grants.all()).toEqual([]);
    expect(grants.admit(SSH, "192.0.2.7", 5000).outcome).toBe("opened");
    // A start command that ends only now must not touch the new grant.
    grants.started(first.grant, 6000);
    expect(first.grant.state).toBe("closed");
    grants.remove(first.grant);
    expect(grants.all()).toHaveLength(1);
    expect(grants.due(10_000)).toEqual([]);
  });

  it("that was taken out early leaves nothing to look at", () => {
    const grants = new Grants();
    for (let number = 0; number < 1000; number++) {
      const admission = grants.admit(SSH, `192.0.2.${number % 256}`, number);
      if (admission.outcome !== "full") grants.remove(admission.grant);
    }
    expect(grants.all()).toEqual([]);
    expect(grants.nextDueMs).toBeUndefined();
  });

  it("for a family without anything to undo passes, and opens for the other", () => {
    const half = door({ name: "half", set: "inet filter ssh" });
    const grants = new Grants();
    expect(grants.admit(half, "192.0.2.7", 0).outcome).toBe("opened");
    expect(grants.admit(half, "2001:db8::7", 0).outcome).toBe("passing");
  });
});

describe("the bounds of grants", () => {
  it("are shared: past its share a door gives up its own oldest, and no other door's", () => {
    const grants = new Grants(3, 1);
    const admit = (door: Door, host: number, terms = {}) => {
      const admission = grants.admit(door, `192.0.2.${host}`, host, terms);
      if (admission.outcome === "opened") grants.started(admission.grant, host);
      return admission.outcome === "opened" ? (admission.givenUp?.ip ?? "room") : admission.outcome;
    };
    expect(admit(WEB, 50)).toBe("room");
    // One of its own, and the three for all.
    expect([1, 2, 3, 4].map((host) => admit(SSH, host))).toEqual(["room", "room", "room", "room"]);
    expect(admit(SSH, 2)).toBe("extended");
    expect([5, 6].map((host) => admit(SSH, host))).toEqual(["192.0.2.1", "192.0.2.2"]);
    expect(grants.all().map(({ ip }) => ip)).toEqual([50, 3, 4, 5, 6].map((host) => `192.0.2.${host}`));
    // Its own place is kept for whoever comes by hand, by packet or by code.
    expect(["by hand", "key alice", "code"].map((earnedBy) => admit(SSH, 7, { earnedBy }))).toEqual([
      "room",
      "extended",
      "extended",
    ]);
    expect(admit(SSH, 8, { earnedBy: "by hand" })).toBe("192.0.2.7");
    expect(admit(SSH, 7, { earnedBy: "key alice" })).toBe("room");
  });

  it("refuse what floods faster than the firewall can close what was given up", () => {
    const grants = new Grants(1, 1);
    const outcomes = Array.from({ length: LEAVING_MAX + 3 }, (_each, number) => {
      const ip = `10.0.${number >> 8}.${number & 255}`;
      return grants.admit(SSH, ip, number).outcome;
    });
    expect(new Set(outcomes.slice(0, -1))).toEqual(new Set(["opened"]));
    expect(outcomes.at(-1)).toBe("full");
    expect(grants.admit(WEB, "192.0.2.1", 0).outcome).toBe("opened");
    grants.left();
    expect(grants.admit(SSH, "192.0.2.1", 0).outcome).toBe("opened");
    expect(grants.count).toBe(3);
  });

  it("are full when so many commands of doors without an end are under way", () => {
    const grants = new Grants(3);
    const passing = Array.from({ length: PASSING_MAX + PASSING_KEPT }, (_each, number) =>
      grants.admit(WAKE, `10.0.${number >> 8}.${number & 255}`, 0),
    );
    expect(new Set(passing.map(({ outcome }) => outcome))).toEqual(new Set(["passing"]));
    expect(grants.admit(WAKE, "192.0.2.7", 0)).toEqual({ outcome: "full" });
    expect(grants.admit(SSH, "192.0.2.7", 0).outcome).toBe("opened");
    const [first, second] = passing;
    if (first?.outcome === "passing") grants.started(first.grant, 1);
    expect(grants.admit(WAKE, "192.0.2.7", 1).outcome).toBe("passing");
    // One whose opening failed is taken out instead.
    if (second?.outcome === "passing") grants.remove(second.grant);
    expect(grants.admit(WAKE, "192.0.2.7", 1).outcome).toBe("passing");
    expect(grants.admit(WAKE, "192.0.2.7", 1).outcome).toBe("full");
  });
});

describe("grants, whatever happens", () => {
  const act = fc.record({
    kind: fc.constantFrom("admit", "started", "due", "remove"),
    door: fc.constantFrom(SSH, WEB, COMMANDS),
    host: fc.nat(3),
    passMs: fc.nat(4000),
  });

  it("end at the time that a plain reckoning gives, once, and never early", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
        const grants = new Grants(6, 0);
        const open = new Map<string, { grant: Grant; endMs: number; isOpen: boolean }>();
        let nowMs = 0;
        for (const { kind, door: which, host, passMs } of acts) {
          nowMs += passMs;
          const ip = `192.0.2.${host}`;
          const key = `${which.name} ${ip}`;
          const known = open.get(key);
          if (kind === "admit") {
            const admission = grants.admit(which, ip, nowMs);
            const sameDoor = [...open].filter(([, { grant }]) => grant.door === which);
            const oldest = open.size < 6 || known !== undefined ? undefined : sameDoor[0];
            expect(admission.outcome).toBe(
              known !== undefined ? "extended" : open.size < 6 || oldest !== undefined ? "opened" : "full",
            );
            if (oldest !== undefined) {
              expect(admission).toMatchObject({ givenUp: { ip: oldest[1].grant.ip, state: "closed" } });
              open.delete(oldest[0]);
            }
            if (known !== undefined) known.endMs = Math.max(known.endMs, nowMs + which.grantMs);
            else if (admission.outcome !== "full")
              open.set(key, { grant: admission.grant, endMs: nowMs + which.grantMs, isOpen: false });
          } else if (kind === "started" && known !== undefined) {
            grants.started(known.grant, nowMs);
            // What the kernel counts has been counting since the opening.
            if (!known.isOpen && which === COMMANDS) known.endMs = Math.max(known.endMs, nowMs + which.grantMs);
            known.isOpen = true;
          } else if (kind === "remove" && known !== undefined) {
            grants.remove(known.grant);
            open.delete(key);
          } else if (kind === "due") {
            const over = [...open].filter(([, { endMs, isOpen }]) => isOpen && endMs <= nowMs).map(([each]) => each);
            // One that had to be looked at again is planned at most a moment later.
            const due = grants.due(nowMs).map((grant) => `${grant.door.name} ${grant.ip}`);
            for (const each of due) expect(over).toContain(each);
            expect(new Set(due).size).toBe(due.length);
            for (const each of due) open.delete(each);
          }
          expect(grants.all()).toHaveLength(open.size);
          const nextMs = grants.nextDueMs;
          for (const { endMs, isOpen } of open.values())
            if (isOpen && nextMs !== undefined) expect(nextMs).toBeLessThanOrEqual(Math.max(endMs, nowMs) + 100);
        }
      }),
    );
  });
});
