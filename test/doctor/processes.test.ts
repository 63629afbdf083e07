// Which processes are knockds, by what /proc tells of them.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readProcesses } from "../../src/doctor/processes.ts";
import { Running } from "../support/running.ts";

describe("readProcesses", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "knockd-processes-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("takes a child that has not yet become its tool for no daemon of its own", async () => {
    // A subshell is such a child for as long as it lives: a process of its own, with its parent's words.
    const script = join(directory, "knockd.js");
    writeFileSync(script, '(while read -r line; do :; done; echo "over") <&0 &\necho "child $!"\nwait\n');
    const shell = ["bash", "-c", 'exec -a node bash "$@"', "bash"];
    const config = join(directory, "knockd.yaml");
    const daemon = new Running([...shell, script, "run", "-c", config], { typed: true });
    await daemon.until(/child \d+/);
    const found = readProcesses().knockds.filter(({ file }) => file === config);
    expect(found).toEqual([{ pid: daemon.pid, kind: "ours", file: config, network: "same" }]);
    await daemon.stop();
  });
});
