import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listenerOf, Notify } from "../../src/io/notify.ts";
import { Running } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";

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
    await receiver.stop();
    scratch.remove();
  });

  it("says in order that it is ready, reloads, and stops", async () => {
    const failed = vi.fn();
    const notify = new Notify({ socket: scratch.pathOf("notify"), watchdogMs: undefined }, failed);
    notify.start(() => "0 doors open");
    notify.reloading();
    notify.reloaded();
    await notify.stop();
    await receiver.until(
      /READY=1\nSTATUS=0 doors open[\s\S]*RELOADING=1\nMONOTONIC_USEC=\d+[\s\S]*READY=1[\s\S]*STOPPING=1/,
    );
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

  it("tells a changed status, and pings three times within the watchdog's time", async () => {
    let open = 0;
    const notify = new Notify({ socket: scratch.pathOf("notify"), watchdogMs: 3000 }, () => {});
    notify.start(() => `${open} open`);
    open = 1;
    await receiver.until(/STATUS=0 open[\s\S]*STATUS=1 open[\s\S]*WATCHDOG=1[\s\S]*WATCHDOG=1/);
    await notify.stop();
  });

  it("says again what did not arrive, until it does: ready, status, sign of life", async () => {
    const late = scratch.pathOf("late");
    const failed = vi.fn();
    const notify = new Notify({ socket: late, watchdogMs: 3_600_000 }, failed);
    notify.start(() => "0 open");
    await vi.waitFor(() => expect(failed).toHaveBeenCalled(), 5000);
    const lateReceiver = new Running(["perl", "-e", RECEIVER, late]);
    await lateReceiver.until(/READY=1\nSTATUS=0 open\nWATCHDOG=1/);
    await notify.stop();
    await lateReceiver.stop();
  });

  it("says again that a reload is over, and not before it is", async () => {
    let open = 0;
    const failed = vi.fn();
    const notify = new Notify({ socket: scratch.pathOf("notify"), watchdogMs: undefined }, failed);
    notify.start(() => `${open} open`);
    notify.reloading();
    await receiver.until(/RELOADING=1/);
    open = 1;
    await receiver.until(/STATUS=1 open/);
    expect(receiver.stdout.match(/READY=1/g)).toHaveLength(1);
    await receiver.stop();
    rmSync(scratch.pathOf("notify"));
    notify.reloaded();
    await vi.waitFor(() => expect(failed).toHaveBeenCalled(), 5000);
    receiver = new Running(["perl", "-e", RECEIVER, scratch.pathOf("notify")]);
    await receiver.until(/bound\nREADY=1\n/);
    await notify.stop();
  });

  it("says once why it cannot", async () => {
    const failed = vi.fn();
    const notify = new Notify({ socket: scratch.pathOf("nowhere"), watchdogMs: undefined }, failed);
    notify.start(() => "");
    notify.reloading();
    await notify.stop();
    expect(failed).toHaveBeenCalledOnce();
  });
});
