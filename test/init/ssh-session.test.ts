// The SSH session that a process belongs to.

import { describe, expect, it } from "vitest";
import { parentIn, readSshConnection, sshConnectionIn } from "../../src/init/ssh-session.ts";

describe("$SSH_CONNECTION", () => {
  it.each([
    ["198.51.100.7 50022 192.0.2.10 2222", { peer: "198.51.100.7", local: "192.0.2.10", port: 2222 }],
    ["2001:DB8::7 50022 2001:db8:0::1 22", { peer: "2001:db8::7", local: "2001:db8::1", port: 22 }],
    ["::ffff:198.51.100.7 1 ::ffff:192.0.2.10 22", { peer: "198.51.100.7", local: "192.0.2.10", port: 22 }],
    ["fe80::1%eth0 50022 fe80::2%eth0 22", undefined],
    ["UNKNOWN 65535 UNKNOWN 65535", undefined],
    ["198.51.100.7 50022 192.0.2.10", undefined],
    ["198.51.100.7 50022 192.0.2.10 22x", undefined],
    ["", undefined],
  ])("%j", (text, session) => {
    expect(readSshConnection(text)).toEqual(session);
  });

  it("is found among the variables of a process, by its whole name", () => {
    expect(sshConnectionIn("A=1\0OLD_SSH_CONNECTION=x\0SSH_CONNECTION=a b c d\0Z=")).toBe("a b c d");
    expect(sshConnectionIn("SSH_CONNECTION_OLD=x\0")).toBeUndefined();
  });
});

describe("/proc/PID/status", () => {
  it("names the parent", () => {
    expect(parentIn("Name:\tbash\nPid:\t12\nPPid:\t34\nTracerPid:\t0\n")).toBe(34);
    expect(parentIn("")).toBeUndefined();
  });
});
