// The attack: a local user reads the sequences from a knockd.yaml that everybody may read, of which only doctor warned.

import { chmodSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Config } from "../../src/core/config/config.ts";
import type { Daemon } from "../../src/daemon/daemon.ts";
import { Rereading, warnOfWeakPoints } from "../../src/daemon/reloading.ts";
import { exposureOf } from "../../src/io/exposure-of.ts";
import { config } from "../support/doors.ts";
import { memoryLog } from "../support/memory-log.ts";
import { Scratch } from "../support/scratch.ts";

const YAML = "doors: { ssh: { sequence: [17342/tcp, 8615/udp, 25908/tcp], open: 22/tcp } }\n";

describe("a knockd.yaml that others may read", () => {
  const scratch = new Scratch();
  beforeEach(() => scratch.make());
  afterEach(() => scratch.remove());

  const fileOf = (mode: number): string => {
    const file = scratch.write("knockd.yaml", YAML);
    chmodSync(file, mode);
    // Everybody may pass through, as in /etc.
    chmodSync(scratch.path, 0o711);
    return file;
  };
  const warnings: [number, string][] = [
    [0o644, "readable for everyone"],
    [0o604, "readable for everyone"],
    [0o660, "writable for others"],
  ];

  it.each(warnings)("(mode %o) is told of at start", (mode, how) => {
    const log = memoryLog();
    warnOfWeakPoints(fileOf(mode), config([{ sequence: "17342/tcp,8615/udp,25908/tcp", open: 22 }]), log.log);
    expect(log.messages().join("\n")).toContain(`knockd.yaml is ${how}, and whoever reads it can knock`);
  });

  it.each(warnings)("(mode %o) is told of at each reload", async (mode, how) => {
    const log = memoryLog();
    const file = fileOf(mode);
    const reloaded: Config[] = [];
    const daemon: Pick<Daemon, "reload"> = { reload: async (taken) => void reloaded.push(taken) };
    const report = { reloading: () => {}, reloaded: () => {} };
    const atStart = config([{ sequence: "17342/tcp,8615/udp,25908/tcp", open: 22 }]);
    await new Rereading({ config: file }, atStart, daemon, log.log, report, () => {}).now();
    expect(reloaded).toHaveLength(1);
    expect(log.messages().join("\n")).toContain(`knockd.yaml is ${how}`);
  });

  it("in a directory that nobody else may enter is fine", () => {
    const file = fileOf(0o644);
    chmodSync(scratch.path, 0o750);
    expect(exposureOf(file)).toBeUndefined();
  });

  it.each([0o640, 0o600, 0o400])("(mode %o) is fine", (mode) => {
    expect(exposureOf(fileOf(mode))).toBeUndefined();
  });
});
