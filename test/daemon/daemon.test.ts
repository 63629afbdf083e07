// The plot: frames in; firewall, commands and log out.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { portKey } from "../../src/core/port.ts";
import { config, type DoorOptions } from "../support/doors.ts";
import { startRig, stopClock } from "../support/rig.ts";

const SSH: DoorOptions = { name: "ssh", sequence: "7000,8000/udp", open: "22/tcp", for: "30s" };
const KNOCK = "S7000 U8000";
const X = "192.0.2.7";

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

describe("a guard port", () => {
  it("steps aside, within a minute, for a service that somebody starts on it", async () => {
    const rig = await startRig([SSH]);
    await rig.play("S7000 S7001 U8000");
    expect(rig.firewall.letThrough()).toEqual([]);
    rig.inUse = new Set([portKey("tcp", 7001)]);
    await rig.play("+60 S7000 S7001 U8000");
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });
});

describe("an open door", () => {
  it("hides its port at start, and lets the knocker in for its time", async () => {
    const rig = await startRig([SSH]);
    expect(rig.firewall.hidden).toEqual(["22/tcp"]);
    await rig.play(`${KNOCK} +29.9`);
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    await rig.play("+0.2");
    expect(rig.firewall.letThrough()).toEqual([]);
  });

  it("tells its story in knockd's words", async () => {
    const rig = await startRig([SSH]);
    await rig.play(`${KNOCK} +30`);
    const events = rig.log.lines.map(({ event, door, ip, msg }) => ({ event, door, ip, msg }));
    expect(events).toEqual([
      { event: "stage", door: "ssh", ip: X, msg: `${X}: ssh: Stage 1` },
      { event: "stage", door: "ssh", ip: X, msg: `${X}: ssh: Stage 2` },
      { event: "opened", door: "ssh", ip: X, msg: `${X}: ssh: OPEN SESAME` },
      { event: "closed", door: "ssh", ip: X, msg: `${X}: ssh: closed` },
    ]);
  });

  it("is extended by another knock, and closes once", async () => {
    const rig = await startRig([SSH]);
    await rig.play(`${KNOCK} +20 ${KNOCK} +29.9`);
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    await rig.play("+0.2");
    expect(rig.firewall.letThrough()).toEqual([]);
    expect(rig.log.messages().filter((text) => text.endsWith("closed"))).toHaveLength(1);
    expect(rig.log.lines.find(({ event }) => event === "extended")?.msg).toMatch(
      /^192\.0\.2\.7: ssh: open again until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    );
  });

  it("stays closed, and says why, when the firewall refuses; the next knock may work", async () => {
    const rig = await startRig([SSH]);
    rig.firewall.failure = new Error("nft: Error: No such file or directory");
    await rig.play(`${KNOCK} +0.5`);
    expect(rig.log.messages()).toContain(`${X}: ssh: not opened: nft: Error: No such file or directory`);
    expect(rig.log.messages()).not.toContain(`${X}: ssh: OPEN SESAME`);
    rig.firewall.failure = undefined;
    await rig.play(KNOCK);
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });

  it("with a stop command closes both ways at one time, counted from the opening", async () => {
    const rig = await startRig([{ ...SSH, start_command: "start %IP%", stop_command: ["stop", "%IP%"] }]);
    rig.commandMs = 2000;
    await rig.play(`${KNOCK} +29.9`);
    expect(rig.ran).toEqual([`start ${X}`]);
    await rig.play("+0.2");
    expect(rig.ran).toEqual([`start ${X}`, `stop ${X}`]);
    expect(rig.firewall.letThrough()).toEqual([]);
  });

  it("is left to the kernel when the daemon ends, and stays hidden", async () => {
    const rig = await startRig([SSH]);
    await rig.play(KNOCK);
    await rig.daemon.stop();
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    expect(rig.firewall.hidden).toEqual(["22/tcp"]);
    expect(rig.log.messages().at(-1)).toBe("shutting down");
  });

  it("survives a reload that takes its door away, until its time is over", async () => {
    const rig = await startRig([SSH]);
    await rig.play(KNOCK);
    await rig.daemon.reload(config([{ name: "other", sequence: "1,2,3" }]));
    expect(rig.firewall.hidden).toEqual([]);
    await rig.play("+30");
    expect(rig.log.messages()).toContain(`${X}: ssh: closed`);
  });
});

describe("commands", () => {
  const COMMAND: DoorOptions = { name: "cmd", sequence: "1", start_command: "start %IP%", stop_command: "stop %IP%" };

  it("run one after the other for one address, and side by side for several", async () => {
    const rig = await startRig([COMMAND]);
    rig.commandMs = 5000;
    await rig.play("X:S1 Y:S1 +11");
    expect(rig.ran).toEqual(["start 192.0.2.7", "start 192.0.2.8"]);
    await rig.play("+4.1");
    expect(rig.ran.slice(2)).toEqual(["stop 192.0.2.7", "stop 192.0.2.8"]);
  });

  it("a stop command that finds no process is run again until it does", async () => {
    const rig = await startRig([COMMAND]);
    await rig.play("S1 +9.9");
    rig.result = { outcome: "unstarted", reason: "spawn EAGAIN", passing: true };
    await rig.play("+3");
    expect(rig.ran.filter((text) => text.startsWith("stop")).length).toBeGreaterThan(1);
    rig.result = { outcome: "done" };
    await rig.play("+10");
    const ran = rig.ran.length;
    await rig.play("+60");
    expect(rig.ran).toHaveLength(ran);
    expect(rig.log.messages()).toContain("cmd: cannot run command: spawn EAGAIN");
  });

  it("a stop command that does not exist is tried once, and logged", async () => {
    const rig = await startRig([COMMAND]);
    await rig.play("S1");
    rig.result = { outcome: "unstarted", reason: "spawn /no/such ENOENT", passing: false };
    await rig.play("+60");
    expect(rig.ran.filter((text) => text.startsWith("stop"))).toHaveLength(1);
    expect(rig.log.messages()).toContain("cmd: cannot run command: spawn /no/such ENOENT");
  });

  it("an end that waits for a hanging stop command gives up after a while, and says so", async () => {
    const rig = await startRig([COMMAND]);
    await rig.play("S1");
    rig.commandMs = 60_000;
    const stopped = rig.daemon.stop();
    await rig.play("+2.5");
    await stopped;
    expect(rig.log.messages().at(-1)).toBe("some stop commands have not ended; the next start runs them again");
  });

  it("no more than 32 of one door run at a time, and none is lost", async () => {
    const rig = await startRig([{ ...COMMAND, sequence: "1/udp" }]);
    rig.commandMs = 1000;
    for (let host = 0; host < 100; host++) rig.seeFrom(`203.0.113.${host}`, "U1");
    await rig.play("+0.5");
    expect(rig.ran).toHaveLength(32);
    await rig.play("+3.5");
    expect(rig.ran.filter((text) => text.startsWith("start"))).toHaveLength(100);
  });
});

describe("a start command that ends by itself what it opens", () => {
  const OWN: DoorOptions = {
    name: "own",
    sequence: "7000,8000/udp",
    start_command: "ipset -exist add ok %IP% timeout 4",
    stop_command: "ipset -exist del ok %IP%",
    cmd_timeout: 4,
  };
  const starts = (rig: Awaited<ReturnType<typeof startRig>>) =>
    rig.commands.filter(({ text }) => text.includes(" add "));

  it("runs again when its door is knocked at again, so that the kernel's time is the door's", async () => {
    const rig = await startRig([OWN]);
    await rig.play(`${KNOCK} +2.5 ${KNOCK}`);
    expect(starts(rig)).toHaveLength(2);
    await rig.play("+10");
    expect(rig.commands.map(({ text }) => text.split(" ")[2])).toEqual(["add", "add", "del"]);
  });

  it("does not run again without a time of its own: it would double the rule", async () => {
    const rig = await startRig([{ ...OWN, start_command: "ipset -exist add ok %IP%" }]);
    await rig.play(`${KNOCK} +2.5 ${KNOCK}`);
    expect(starts(rig)).toHaveLength(1);
  });

  it("runs again for a time in nft and in firewall-cmd as well", async () => {
    for (const start_command of [
      "nft add element inet filter ok { %IP% timeout 4s }",
      ["firewall-cmd", "--timeout=4", "--add-source=%IP%"],
    ]) {
      const rig = await startRig([{ ...OWN, start_command }]);
      await rig.play(`${KNOCK} +2.5 ${KNOCK}`);
      expect(rig.commands).toHaveLength(2);
    }
  });
});
