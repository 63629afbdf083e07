import { chmodSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { configFile } from "../../../src/doctor/checks/config-file-check.ts";
import { Machine } from "../../../src/doctor/machine.ts";
import { config } from "../../support/doors.ts";
import { Scratch } from "../../support/scratch.ts";

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

it("warns of each weak sequence, and of no other", () => {
  const file = scratch.write("knockd.yaml", "");
  chmodSync(file, 0o600);
  const doors = [
    { name: "ssh", sequence: "7000,8000,9000" },
    { name: "web", sequence: "31471,4263,9171" },
  ];
  expect(configFile.look(new Machine(file, { config: config(doors) }, scratch.path))).toEqual([
    {
      state: "warn",
      text: expect.stringMatching(/^doors\.ssh\.sequence: .* a scan needs some 5,000 packets to open the door$/),
      advice: "knockd suggest",
    },
  ]);
});
