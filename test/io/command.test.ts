import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Command } from "../../src/core/door.ts";
import { fillIn, runCommand } from "../../src/io/command.ts";
import { Scratch } from "../support/scratch.ts";
import { soon } from "../support/soon.ts";

/** Moved by hand: a command has done what it shall before its time is over. */
const LIMIT_MS = 3_600_000;

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => scratch.remove());

/** Whether a process still runs; one that ended and was not yet collected does not. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<void> {
  await soon(() => expect(runs(pid)).toBe(false));
}

describe("%IP% in a command", () => {
  it("is replaced wherever it stands, in text and in every word of a list", () => {
    expect(fillIn({ shell: "echo %IP% %IP%; %ip% %PORT%" }, "192.0.2.7")).toEqual({
      shell: "echo 192.0.2.7 192.0.2.7; %ip% %PORT%",
    });
    expect(fillIn({ argv: ["nft", "-s=%IP%", "%IP%", "x"] }, "2001:db8::7")).toEqual({
      argv: ["nft", "-s=2001:db8::7", "2001:db8::7", "x"],
    });
  });

  it("does not read replacement patterns into the address", () => {
    expect(fillIn({ shell: "echo $& $1 %IP%" }, "::1")).toEqual({ shell: "echo $& $1 ::1" });
  });
});

describe("a command", () => {
  const rows: readonly [string, Command, unknown][] = [
    ["that succeeds is done", { shell: "echo said; exit 0" }, { outcome: "done" }],
    ["without a shell gets its words as they are", { argv: ["test", "a b;$x", "=", "a b;$x"] }, { outcome: "done" }],
    ["that fails says its status", { shell: "exit 3" }, { outcome: "status", status: 3, output: "" }],
    [
      "that fails says what it printed, on both streams",
      { shell: "echo out; echo error >&2; exit 1" },
      { outcome: "status", status: 1, output: expect.stringMatching(/^(out\nerror|error\nout)$/) },
    ],
    [
      "ended by a signal says 128 and its number",
      { shell: "kill -TERM $$" },
      { outcome: "status", status: 143, output: "" },
    ],
    ["ended by SIGKILL, too", { shell: "kill -KILL $$" }, { outcome: "status", status: 137, output: "" }],
    [
      "that the shell does not know is status 127",
      { shell: "no-such-program-here" },
      { outcome: "status", status: 127, output: expect.stringContaining("not found") },
    ],
    [
      "with a missing program has failed",
      { argv: ["/nonexistent/program"] },
      { outcome: "unstarted", reason: expect.stringContaining("ENOENT"), passing: false },
    ],
    [
      "that is no program has failed",
      { argv: ["/etc/passwd"] },
      { outcome: "unstarted", reason: expect.stringContaining("EACCES"), passing: false },
    ],
    ["without any word has failed", { argv: [] }, { outcome: "unstarted", reason: expect.any(String), passing: false }],
  ];
  it.each(rows)("%s", async (_name, command, result) => {
    expect(await runCommand(command)).toEqual(result);
  });

  it.each([
    ["an empty program", { argv: [""] }],
    ["a file where a directory should be", { argv: ["/etc/passwd/program"] }],
    ["a zero byte", { argv: ["echo", "a\0b"] }],
    ["a zero byte for the shell", { shell: "echo a\0b" }],
    ["more than one argument can hold", { shell: `: ${"x".repeat(200_000)}` }],
  ])("that cannot even start has failed, and does not throw: %s", async (_name, command) => {
    expect(await runCommand(command)).toEqual({ outcome: "unstarted", reason: expect.any(String), passing: false });
  });

  it("keeps the end of what it prints, however much that is", async () => {
    const result = await runCommand({ shell: "head -c 5000000 /dev/zero | tr '\\0' x; echo; echo the end; exit 1" });
    expect(result).toEqual({ outcome: "status", status: 1, output: expect.stringMatching(/x\nthe end$/) });
    if (result.outcome === "status") expect(result.output.length).toBeLessThanOrEqual(4096);
  });

  it("sees a clean environment, the root directory, and nothing to read", async () => {
    const file = scratch.pathOf("environment");
    await runCommand({ shell: `{ env; pwd; cat; echo "umask $(umask)"; } >${file}` });
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const names = lines.filter((line) => line.includes("=")).map((line) => line.split("=")[0]);
    // PWD and _ are the shell's own.
    expect(names.filter((name) => !["PATH", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"].includes(name ?? ""))).toEqual([]);
    expect(lines).toContain("LC_ALL=C");
    expect(lines).toContain("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    expect(lines).toContain("/");
  });

  it("finds the variables that it is given, as they are", async () => {
    const file = scratch.pathOf("variables");
    const variables = { KNOCKD_IP: "2001:db8::7", KNOCKD_CLOSES_AT: "" };
    await runCommand({ shell: `printf '%s|' "$KNOCKD_IP" "\${KNOCKD_CLOSES_AT-unset}" "$LC_ALL" >${file}` }, variables);
    expect(readFileSync(file, "utf8")).toBe("2001:db8::7||C|");
  });

  it("inherits no file that we hold open", async () => {
    const secret = scratch.write("secret", "");
    const held = openSync(secret, "r");
    const file = scratch.pathOf("descriptors");
    await runCommand({ argv: ["/bin/sh", "-c", `ls -l /proc/self/fd >${file}`] });
    closeSync(held);
    const listing = readFileSync(file, "utf8");
    expect(listing).toContain(`1 -> ${file}`);
    expect(listing).not.toContain(secret);
  });

  it("that hangs is ended at its limit, with all it started", async () => {
    const file = scratch.write("pids", "");
    const pids = () => readFileSync(file, "utf8").split("\n").slice(0, -1).map(Number);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const result = runCommand(
      { shell: `echo before; sh -c 'sleep 1000 & echo $! >>${file}; wait' & echo $! >>${file}; sleep 1001` },
      {},
      LIMIT_MS,
    );
    await soon(() => expect(pids()).toHaveLength(2));
    vi.advanceTimersByTime(LIMIT_MS);
    expect(await result).toEqual({ outcome: "overdue", limitMs: LIMIT_MS, output: "before" });
    for (const pid of pids()) await gone(pid);
  });

  it("that ignores being asked is ended all the same", async () => {
    const file = scratch.pathOf("ignores");
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const shell = `trap '' TERM INT HUP; : >${file}; while :; do sleep 0.05; done`;
    const result = runCommand({ shell }, {}, LIMIT_MS);
    await soon(() => expect(existsSync(file)).toBe(true));
    vi.advanceTimersByTime(LIMIT_MS);
    expect(await result).toEqual({ outcome: "overdue", limitMs: LIMIT_MS, output: "" });
  });

  it("is over when it ends, though a process that it left behind holds its output open", async () => {
    const file = scratch.pathOf("daemon");
    const result = await runCommand({ shell: `sleep 1000 & echo $! >${file}; echo started; exit 4` });
    expect(result).toEqual({ outcome: "status", status: 4, output: "started" });
    const pid = Number(readFileSync(file, "utf8"));
    expect(runs(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
    await gone(pid);
  });

  it("leads its own process group", async () => {
    const file = scratch.pathOf("group");
    await runCommand({ argv: ["/bin/sh", "-c", `cut -d' ' -f1,5 /proc/$$/stat >${file}; : `] });
    const [pid, group] = readFileSync(file, "utf8").trim().split(" ");
    expect(group).toBe(pid);
  });
});
