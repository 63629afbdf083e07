import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listenerOf, Notify, pingIsDue } from "../../src/io/notify.ts";
import { Running } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";
import { soon } from "../support/soon.ts";

describe("what systemd wants to hear", () => {
  it("is in the environment, and is not handed on to commands", () => {
    const env = { NOTIFY_SOCKET: "/run/notify", WATCHDOG_USEC: "3000000", WATCHDOG_PID: "7", PATH: "/bin" };
    expect(listenerOf(env, 7)).toEqual({ socket: "/run/notify", watchdogMs: 3000 });
    expect(env).toEqual({ PATH: "/bin" });
  });

  it("is no sign of life where it asks for none, or asks another process", () => {
    expect(listenerOf({ NOTIFY_SOCKET: "/run/notify" }, 7)?.watchdogMs).toBeUndefined();
    const other = { NOTIFY_SOCKET: "/run/notify", WATCHDOG_USEC: "3000000", WATCHDOG_PID: "8" };
    expect(listenerOf(other, 7)?.watchdogMs).toBeUndefined();
  });

  it("is nothing without systemd", () => {
    expect(listenerOf({}, 7)).toBeUndefined();
  });
});

describe("a sign of life", () => {
  it.each([
    [30_000, 9_400, false],
    [30_000, 9_600, true],
    [3_000, 400, false],
    [3_000, 600, true],
    [undefined, Number.POSITIVE_INFINITY, false],
  ])("is given three times within the watchdog's time: within %s ms, after %s ms: %s", (watchdogMs, sinceMs, isDue) => {
    expect(pingIsDue(sinceMs, watchdogMs)).toBe(isDue);
  });
});

describe("telling systemd", () => {
  const scratch = new Scratch();
  /** Prints each datagram. What comes with one, systemd-notify waits for until it is closed; socat would keep it. */
  const RECEIVER = `use Socket; $| = 1; socket(S, PF_UNIX, SOCK_DGRAM, 0); bind(S, pack_sockaddr_un($ARGV[0]));
    print "bound\\n"; print "$_\\n" while defined recv(S, $_, 4096, 0)`;
  let receiver: Running;
  beforeEach(async () => {
    scratch.make();
    receiver = new Running(["perl", "-e", RECEIVER, scratch.pathOf("notify")]);
    await receiver.until(/bound/);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await receiver.stop();
    scratch.remove();
  });

  it("says in order that it is ready, reloads, and stops", async () => {
    const failed = vi.fn();
    const began = process.hrtime.bigint();
    const notify = new Notify({ socket: scratch.pathOf("notify"), watchdogMs: undefined }, failed);
    notify.start(() => "0 doors open");
    for (let times = 0; times < 5; times++) {
      notify.reloading();
      notify.reloaded();
    }
    await notify.stop();
    const [, usec = ""] = await receiver.until(
      /READY=1\nSTATUS=0 doors open[\s\S]*RELOADING=1\nMONOTONIC_USEC=(\d+)[\s\S]*READY=1[\s\S]*STOPPING=1/,
    );
    const reloads = Array(5).fill(["RELOADING", "READY"]).flat();
    expect(receiver.stdout.match(/READY|RELOADING|STOPPING/g)).toEqual(["READY", ...reloads, "STOPPING"]);
    // Microseconds of the monotonic clock, to the hour.
    const sinceMs = Number(BigInt(usec) - began / 1000n) / 1000;
    expect(Math.abs(sinceMs)).toBeLessThan(3_600_000);
    expect(failed).not.toHaveBeenCalled();
  });

  it("says nothing of a reload before it is ready", async () => {
    const notify = new Notify({ socket: scratch.pathOf("notify"), watchdogMs: undefined }, () => {});
    notify.reloading();
    notify.reloaded();
    notify.start(() => "started");
    await notify.stop();
    await receiver.until(/STOPPING=1/);
    expect(receiver.stdout).toMatch(/^bound\nREADY=1\nSTATUS=started\n/);
    expect(receiver.stdout.match(/READY|RELOADING/g)).toEqual(["READY"]);
  });

  it("tells a changed status, and nothing twice", async () => {
    let looks = 0;
    const notify = new Notify({ socket: scratch.pathOf("notify"), watchdogMs: 3_600_000 }, () => {});
    notify.start(() => (++looks > 2 ? "1 open" : "0 open"));
    await receiver.until(/STATUS=1 open/);
    await notify.stop();
    const told = receiver.stdout.match(/(READY|STATUS|WATCHDOG)=.+/g);
    expect(told).toEqual(["READY=1", "STATUS=0 open", "WATCHDOG=1", "STATUS=1 open"]);
  });

  it("gives signs of life however often the status changes", async () => {
    let looks = 0;
    const notify = new Notify({ socket: scratch.pathOf("notify"), watchdogMs: 6000 }, () => {});
    notify.start(() => `${++looks} open`);
    await receiver.until(/(WATCHDOG=1[\s\S]*){2}/);
    await notify.stop();
  });

  it("looks at nothing while a message is on its way, nor after the end, nor without systemd", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const status = vi.fn(() => "");
    const notify = new Notify({ socket: scratch.pathOf("notify"), watchdogMs: undefined }, () => {});
    notify.start(status);
    vi.advanceTimersByTime(5000);
    expect(status).toHaveBeenCalledTimes(1);
    await notify.stop();
    vi.advanceTimersByTime(5000);
    const without = new Notify(undefined, () => {});
    without.start(status);
    vi.advanceTimersByTime(5000);
    await without.stop();
    vi.useRealTimers();
    expect(status).toHaveBeenCalledTimes(1);
  });

  it("says again what did not arrive, until it does: ready, status, sign of life", async () => {
    const late = scratch.pathOf("late");
    const failed = vi.fn();
    const notify = new Notify({ socket: late, watchdogMs: 3_600_000 }, failed);
    notify.start(() => "0 open");
    await soon(() => expect(failed).toHaveBeenCalled());
    const lateReceiver = new Running(["perl", "-e", RECEIVER, late]);
    await lateReceiver.until(/READY=1\nSTATUS=0 open\nWATCHDOG=1/);
    await notify.stop();
    await lateReceiver.stop();
  });

  /** One that reloads, as systemd has heard. */
  async function reloading() {
    let open = 0;
    const failed = vi.fn();
    const notify = new Notify({ socket: scratch.pathOf("notify"), watchdogMs: undefined }, failed);
    notify.start(() => `${open} open`);
    notify.reloading();
    await receiver.until(/RELOADING=1/);
    return { notify, failed, openOne: () => open++ };
  }

  async function systemdGoes(): Promise<void> {
    await receiver.stop();
    rmSync(scratch.pathOf("notify"));
  }

  function systemdIsBack(): void {
    receiver = new Running(["perl", "-e", RECEIVER, scratch.pathOf("notify")]);
  }

  it("says again that a reload is over, and not before it is", async () => {
    const { notify, failed, openOne } = await reloading();
    openOne();
    await receiver.until(/STATUS=1 open/);
    expect(receiver.stdout.match(/READY=1/g)).toHaveLength(1);
    await systemdGoes();
    notify.reloaded();
    await soon(() => expect(failed).toHaveBeenCalled());
    systemdIsBack();
    await receiver.until(/bound\nREADY=1\n/);
    await notify.stop();
  });

  it("does not say that a reload is over because something else did not arrive", async () => {
    const { notify, failed, openOne } = await reloading();
    await systemdGoes();
    openOne();
    await soon(() => expect(failed).toHaveBeenCalled());
    systemdIsBack();
    await receiver.until(/bound\nSTATUS=1 open\n/);
    await notify.stop();
  });

  it("says once why it cannot", async () => {
    const failed = vi.fn();
    const notify = new Notify({ socket: scratch.pathOf("nowhere"), watchdogMs: undefined }, failed);
    // The end waits for all of them.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    notify.start(() => "");
    notify.reloading();
    await notify.stop();
    expect(failed).toHaveBeenCalledOnce();
  });
});
