// What goes on after a crash, a reboot, a jump of the clock, and after somebody else has flushed the firewall.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { config, type DoorOptions } from "../support/doors.ts";
import { pass, Rig, startRig, stopClock } from "../support/rig.ts";

const CMD: DoorOptions = {
  name: "cmd",
  sequence: "1",
  start_command: "start %IP%",
  stop_command: "stop %IP%",
  cmd_timeout: 10,
};
const SSH: DoorOptions = { name: "ssh", sequence: "2", open: "22/tcp", for: 30 };
const X = "192.0.2.7";
const HOUR_MS = 3_600_000;

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

/** SIGKILL: nothing of the old run happens any more. Then a new run, with what was on the disk and in the kernel. */
async function restart(before: Rig, doors: readonly DoorOptions[], downMs = 0): Promise<Rig> {
  const rig = new Rig(config(doors), before.ledger.handOn(), before.firewall.handOn());
  await pass(downMs);
  await rig.daemon.start();
  await pass(0);
  return rig;
}

describe("after SIGKILL", () => {
  it("a stop command runs at its time, and the start command not again", async () => {
    const before = await startRig([CMD]);
    await before.play("S1 +3");
    const rig = await restart(before, [CMD], 2000);
    expect(rig.log.messages()).toEqual([expect.stringMatching(`^${X}: cmd: still open until `)]);
    await rig.play("+4.9");
    expect(rig.ran).toEqual([]);
    await rig.play("+0.2");
    expect(rig.ran).toEqual([`stop ${X}`]);
  });

  it("an overdue stop command runs at once, once", async () => {
    const before = await startRig([CMD]);
    await before.play("S1");
    const rig = await restart(before, [CMD], 60_000);
    expect(rig.ran).toEqual([`stop ${X}`]);
    const next = await restart(rig, [CMD]);
    expect(next.ran).toEqual([]);
  });

  it("while the start command ran, stop runs and start does not run again", async () => {
    const before = await startRig([CMD]);
    before.commandMs = 5000;
    await before.play("S1 +1");
    const rig = await restart(before, [CMD]);
    await rig.play("+30");
    expect(rig.ran).toEqual([`stop ${X}`]);
  });

  it("an extension counts", async () => {
    const before = await startRig([CMD]);
    await before.play("S1 +5 S1 +1");
    const rig = await restart(before, [CMD]);
    await rig.play("+8.9");
    expect(rig.ran).toEqual([]);
    await rig.play("+0.2");
    expect(rig.ran).toEqual([`stop ${X}`]);
  });

  it("knocking again extends what was open before", async () => {
    const before = await startRig([CMD]);
    await before.play("S1 +3");
    const rig = await restart(before, [CMD]);
    await rig.play("S1 +9.9");
    expect(rig.ran).toEqual([]);
    await rig.play("+0.2");
    expect(rig.ran).toEqual([`stop ${X}`]);
  });

  it("a door that is gone from the config is closed with the command it was opened with", async () => {
    const before = await startRig([CMD]);
    await before.play("S1");
    const rig = await restart(before, [SSH], 10_000);
    expect(rig.ran).toEqual([`stop ${X}`]);
  });

  it("so is a door whose command has changed", async () => {
    const before = await startRig([CMD]);
    await before.play("S1");
    const rig = await restart(before, [{ ...CMD, stop_command: "new %IP%" }], 10_000);
    expect(rig.ran).toEqual([`stop ${X}`]);
  });

  it("an open door stays open for the time that is left, even if the kernel has lost it", async () => {
    const before = await startRig([SSH]);
    await before.play("S2 +10");
    await before.firewall.remove();
    const rig = await restart(before, [SSH], 5000);
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    await rig.play("+14.9");
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    await rig.play("+0.2");
    expect(rig.firewall.letThrough()).toEqual([]);
    expect(rig.log.messages()).toContain(`${X}: ssh: closed`);
  });

  it("a grant that only the kernel knows is closed: a saved ruleset may have brought it back", async () => {
    const before = await startRig([SSH]);
    await before.play("S2 +10 Y:S2");
    before.ledger.text = before.ledger.text
      .split("\n")
      .filter((line) => !line.includes(`"${X}"`))
      .join("\n");
    const rig = await restart(before, [SSH]);
    expect(rig.firewall.letThrough()).toEqual(["ssh 192.0.2.8"]);
    expect(rig.log.messages()).toContain(`${X}: ssh: closed, the firewall let it through but no ledger knows it`);
  });

  it("a damaged line is dropped with a warning, the others count", async () => {
    const before = await startRig([CMD]);
    await before.play("X:S1 Y:S1");
    before.ledger.text = `${before.ledger.text.replace('{"open"', "{\u0000pen")}{"open":{"door":"cm`;
    const rig = await restart(before, [CMD], 10_000);
    expect(rig.log.messages()).toContain("ledger: 2 damaged lines dropped");
    expect(rig.ran).toEqual(["stop 192.0.2.8"]);
  });
});

describe("the ledger", () => {
  it("holds a grant before its start command runs, and on the disk if only a stop command can close it", async () => {
    const rig = await startRig([CMD, SSH]);
    const seen: string[] = [];
    rig.onCommand = () => seen.push(rig.ledger.text);
    await rig.play("S1 S2");
    expect(seen[0]).toContain(`"stop ${X}"`);
    expect(rig.ledger.durable).toEqual([`cmd ${X}`]);
  });

  it("that cannot be written refuses what only a stop command could close, and lets the kernel close the rest", async () => {
    const rig = await startRig([CMD, SSH]);
    rig.ledger.failure = new Error("ENOSPC: no space left on device, write");
    await rig.play("S1 S2");
    expect(rig.ran).toEqual([]);
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    expect(rig.log.messages()).toContain(
      `${X}: cmd: not opened, a restart would not know to close it: no space left on device`,
    );
  });

  it("that cannot be written any more does not keep a door from closing", async () => {
    const rig = await startRig([CMD]);
    await rig.play("S1");
    rig.ledger.failure = new Error("EROFS: read-only file system, write");
    await rig.play("+10");
    expect(rig.ran).toEqual([`start ${X}`, `stop ${X}`]);
  });
});

describe("clocks", () => {
  it.each([
    ["forwards", 5 * HOUR_MS],
    ["backwards", -5 * HOUR_MS],
  ])("a jump of the wall clock %s changes nothing", async (_, jumpMs) => {
    const before = await startRig([CMD]);
    await before.play("S1 +2");
    vi.setSystemTime(Date.now() + jumpMs);
    await before.play("+2");
    const rig = await restart(before, [CMD]);
    await rig.play("+5.9");
    expect(rig.ran).toEqual([]);
    await rig.play("+0.2");
    expect(rig.ran).toEqual([`stop ${X}`]);
  });

  it("after a reboot the wall clock counts", async () => {
    const before = await startRig([CMD]);
    await before.play("S1");
    before.ledger.boot = "boot-2";
    const rig = await restart(before, [CMD], 6000);
    await rig.play("+3.9");
    expect(rig.ran).toEqual([]);
    await rig.play("+0.2");
    expect(rig.ran).toEqual([`stop ${X}`]);
  });

  it("a clock that went back behind the opening over a reboot closes at once", async () => {
    const before = await startRig([CMD]);
    await before.play("S1 +1");
    before.ledger.boot = "boot-2";
    vi.setSystemTime(Date.now() - HOUR_MS);
    const rig = await restart(before, [CMD]);
    expect(rig.ran).toEqual([`stop ${X}`]);
  });
});

describe("the end", () => {
  it("with on_stop: keep leaves command doors to the next start", async () => {
    const rig = await startRig([CMD], { on_stop: "keep" });
    await rig.play("S1 +1");
    await rig.daemon.stop();
    expect(rig.ran).toEqual([`start ${X}`]);
    const next = await restart(rig, [CMD], 60_000);
    expect(next.ran).toEqual([`stop ${X}`]);
  });
});

describe("a firewall that was flushed", () => {
  it("hides again, lets in who was in for the time that is left, and says so", async () => {
    const rig = await startRig([SSH]);
    await rig.play("S2 +10");
    rig.firewall.flush();
    await rig.play("+0.2");
    expect(rig.firewall.hidden).toEqual(["22/tcp"]);
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    expect(rig.log.messages()).toContain("firewall: our rules were taken away, put back: 1 hidden ports, 1 open doors");
    await rig.play("+19.7");
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    await rig.play("+0.2");
    expect(rig.firewall.letThrough()).toEqual([]);
  });

  it("lets in again also when a reload comes first", async () => {
    const rig = await startRig([SSH]);
    await rig.play("S2 +10");
    rig.firewall.flush({ silently: true });
    await rig.daemon.reload(config([SSH, CMD]));
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });

  it("that does not take everybody back at once is asked again", async () => {
    const rig = await startRig([SSH]);
    await rig.play("S2 +10");
    rig.firewall.openFailure = new Error("nft: no such set");
    rig.firewall.flush();
    await rig.play("+3");
    expect(rig.firewall.hidden).toEqual(["22/tcp"]);
    expect(rig.firewall.letThrough()).toEqual([]);
    rig.firewall.openFailure = undefined;
    await rig.play("+1");
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    await rig.play("+16");
    expect(rig.firewall.letThrough()).toEqual([]);
  });

  it("in the very moment of a knock opens when the rules are back", async () => {
    const rig = await startRig([SSH]);
    rig.firewall.openFailure = new Error("nft: no such set");
    await rig.play("S2 +0.1");
    rig.firewall.openFailure = undefined;
    await rig.play("+0.3");
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });

  it("is tried again until it takes the rules", async () => {
    const rig = await startRig([SSH]);
    rig.firewall.failure = new Error("nft: busy");
    rig.firewall.flush();
    await rig.play("+3");
    expect(rig.firewall.hidden).toEqual([]);
    rig.firewall.failure = undefined;
    await rig.play("+1");
    expect(rig.firewall.hidden).toEqual(["22/tcp"]);
  });
});
