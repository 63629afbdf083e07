import { chmodSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { warnOfWeakPoints } from "../../src/daemon/reloading.ts";
import { config } from "../support/doors.ts";
import { memoryLog } from "../support/memory-log.ts";
import { Scratch } from "../support/scratch.ts";

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

it("says at the start what each weak sequence costs to find, and names none of its steps", () => {
  const { log, lines, messages } = memoryLog();
  const doors = [
    { name: "ssh", sequence: "7000,8000,9000" },
    { name: "web", sequence: "31471,4263,9171", open: 8000 },
    { name: "admin", sequence: "31471,4263" },
  ];
  const file = scratch.write("knockd.yaml", "");
  chmodSync(file, 0o600);
  warnOfWeakPoints(file, config(doors), log);
  expect(messages()).toEqual([
    "ssh: weak sequence, a scan needs some 5,000 packets to open the door; knockd check says why",
    "admin: weak sequence, a scan needs 2^27 packets to open the door; knockd check says why",
    "config: 1 weak point, knockd check lists it",
  ]);
  expect(lines).toMatchObject([{ event: "config-weak", door: "ssh" }, { door: "admin" }, { points: 1 }]);
});
