// Which processes are knockds, by what /proc tells of them.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readProcesses } from "../../src/doctor/processes.ts";
import { Running } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";

describe("readProcesses", () => {
  const scratch = new Scratch();
  beforeEach(() => scratch.make());
  afterEach(() => scratch.remove());

  it("takes a child that has not yet become its tool for no daemon of its own", async () => {
    // A subshell is such a child for as long as it lives: a process of its own, with its parent's words.
    const text = '(while read -r line; do :; done; echo "over") <&0 &\necho "child $!"\nwait\n';
    const script = scratch.write("knockd.js", text);
    const shell = ["bash", "-c", 'exec -a node bash "$@"', "bash"];
    const config = scratch.pathOf("knockd.yaml");
    const daemon = new Running([...shell, script, "run", "-c", config], { typed: true });
    await daemon.until(/child \d+/);
    const found = readProcesses().knockds.filter(({ file }) => file === config);
    expect(found).toEqual([{ pid: daemon.pid, kind: "ours", file: config, network: "same" }]);
    await daemon.stop();
  });
});
