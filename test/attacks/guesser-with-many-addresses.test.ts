// The attack: who has an IPv6 /48 has 65,536 networks of 64 bits, and guessed six digits in two minutes without one lock. And ten
// doors with codes that open the same port gave one address ten budgets.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { BUDGETS } from "../../src/core/totp/suspicion.ts";
import { codeNow, knocksOf, wrongCode } from "../support/codes.ts";
import { configOf } from "../support/doors.ts";
import { packetOf, Rig, stopClock } from "../support/rig.ts";

const IPV6_SOURCE = 8;

beforeEach(() => {
  stopClock();
  vi.setSystemTime(1_800_000_015_000);
});
afterEach(() => {
  vi.useRealTimers();
});

/** Doors that all open the same port. */
async function start(doors: number): Promise<Rig> {
  const each = Array.from({ length: doors }, (_each, at) => {
    const first = 20_000 + 300 * at;
    return `door${at}: { totp: { secret_file: /k/${at}.totp, ports: ${first}-${first + 299} }, open: 22/tcp, for: 10s }`;
  });
  const rig = new Rig(configOf(`doors: { ${each.join(", ")} }`));
  await rig.daemon.start();
  return rig;
}

/** A code from one of the /64 networks of a /48. */
function sendFrom(rig: Rig, network: number, code: string): void {
  for (const word of knocksOf(code, "X6:").split(" ")) {
    const packet = packetOf(word);
    packet.set([0x20, 0x01, 0x0d, 0xb8, 0, 9, network >>> 8, network & 255], IPV6_SOURCE);
    rig.see(packet);
  }
}

it.each(BUDGETS.filter(({ scope }) => scope === "network" || scope === "provider"))(
  "has $failures wrong codes a minute, then a right one opens no door: its $scope is suspect",
  async ({ scope, failures }) => {
    const rig = await start(1);
    // A /56 is 256 networks of 64 bits, a /48 is 256 of those.
    const apart = scope === "network" ? 1 : 256;
    for (let guess = 0; guess < failures; guess++) sendFrom(rig, guess * apart, wrongCode(guess));
    sendFrom(rig, failures * apart, codeNow());
    await rig.play("+0.1");
    expect(rig.firewall.letThrough()).toEqual([]);
    // Nobody else is.
    await rig.play(knocksOf(codeNow(1)));
    expect(rig.firewall.letThrough()).toEqual(["door0 192.0.2.7"]);
    await rig.daemon.stop();
  },
);

it("has one budget for ten doors that open the same port", async () => {
  const rig = await start(10);
  for (let door = 0; door < 5; door++) await rig.play(knocksOf(wrongCode(door), "", 20_000 + 300 * door));
  await rig.play(knocksOf(codeNow(), "", 20_000 + 300 * 9));
  expect(rig.firewall.letThrough()).toEqual([]);
  await rig.play(`+30 ${knocksOf(codeNow(1), "", 20_000 + 300 * 9)}`);
  expect(rig.firewall.letThrough()).toEqual(["door9 192.0.2.7"]);
  await rig.daemon.stop();
});
