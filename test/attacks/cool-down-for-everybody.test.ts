// The attack: who knows a sequence, or has heard it, knocks from a forged address again and again, and the door's cool-down keeps
// everybody else out.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startRig, stopClock } from "../support/rig.ts";

beforeEach(stopClock);
afterEach(() => vi.useRealTimers());

it("a cool-down that a stranger begins is the stranger's own", async () => {
  const rig = await startRig([{ name: "W", sequence: "21347,9283", seq_cooldown: 60, start_command: "%IP%" }]);
  for (let host = 100; host < 110; host++)
    for (const word of ["S21347", "S9283"]) rig.seeFrom(`203.0.113.${host}`, word);
  await rig.play("S21347 S9283 +1 S21347 S9283");
  expect(rig.ran.filter((ip) => ip === "192.0.2.7")).toEqual(["192.0.2.7"]);
  await rig.play("+60 S21347 S9283");
  expect(rig.ran.filter((ip) => ip === "192.0.2.7")).toEqual(["192.0.2.7", "192.0.2.7"]);
  await rig.daemon.stop();
});
