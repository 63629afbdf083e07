// The attack: a forger sends a wrong code with the owner's address every few seconds. Where five of them locked an address out for a
// minute, 0.29 packets a second kept the owner of the code out for ever. Now the owner sends two codes, and nobody is locked out.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { codeNow, knocksOf, wrongCode } from "../support/codes.ts";
import { configOf } from "../support/doors.ts";
import { Rig, stopClock } from "../support/rig.ts";

const CONFIG = "doors: { ssh: { totp: { secret_file: /k/ssh.totp, ports: 20000-20299 }, open: 22/tcp, for: 10s } }";
/** What was measured to be enough: a packet each, three to a code. */
const FORGED_EVERY_S = 3 / 0.29;

beforeEach(() => {
  stopClock();
  vi.setSystemTime(1_800_000_015_000);
});
afterEach(() => {
  vi.useRealTimers();
});

it.each([
  [FORGED_EVERY_S, 32],
  [1, 6],
])("a wrong code every %d seconds, from the owner's address, who gets in %i times", async (everyS, attempts) => {
  const rig = new Rig(configOf(CONFIG));
  await rig.daemon.start();
  let forged = 0;
  const goOn = async (seconds: number): Promise<void> => {
    for (let passed = 0; passed < seconds; passed += everyS)
      await rig.play(`${knocksOf(wrongCode(forged++ % 40))} +${everyS}`);
  };
  let opened = 0;
  for (let attempt = 0; attempt < attempts; attempt++) {
    await goOn(120);
    const [code, next] = [codeNow(), codeNow(1)];
    await rig.play(knocksOf(code));
    await goOn(30);
    await rig.play(knocksOf(next));
    if (rig.firewall.letThrough().length > 0) opened++;
  }
  expect(opened).toBe(attempts);
  await rig.daemon.stop();
});
