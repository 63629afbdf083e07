import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT, Failure } from "../../src/core/exit.ts";
import { runTool } from "../../src/io/tool.ts";
import { Scratch } from "../support/scratch.ts";

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

async function failureOf(argv: readonly [string, ...string[]], input = ""): Promise<Failure> {
  const error: unknown = await runTool(argv, input).catch((reason: unknown) => reason);
  if (error instanceof Failure) return error;
  throw new Error(`no failure: ${String(error)}`);
}

describe("a system tool", () => {
  it("gives its stdout, and gets its input", async () => {
    expect(await runTool(["cat"], "knock\n")).toBe("knock\n");
    expect(await runTool(["sh", "-c", "echo out; echo error >&2"])).toBe("out\n");
  });

  it("may leave its input unread, however much that is", async () => {
    expect(await runTool(["true"], "x".repeat(1_000_000))).toBe("");
  });

  it("gets its words as they are, and the environment of tools", async () => {
    expect(await runTool(["printf", "%s|", "a b", "$HOME", ""])).toBe("a b|$HOME||");
    expect((await runTool(["env"])).trim().split("\n").sort()).toEqual([
      "LC_ALL=C",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]);
  });

  it("that is missing says which package has it", async () => {
    const failure = await failureOf(["no-such-tool"]);
    expect(failure).toMatchObject({ code: EXIT.UNAVAILABLE, message: "cannot run no-such-tool: not found" });
    expect(failure.hint).toBe("install it: apt-get install no-such-tool");
  });

  it("that fails says so in its own words, with what it was asked", async () => {
    expect(await failureOf(["sh", "-c", "echo it is broken >&2; exit 3"])).toMatchObject({
      code: EXIT.UNAVAILABLE,
      message: "sh -c echo it is broken >&2; exit 3: it is broken",
      hint: undefined,
    });
  });

  it("that fails without a word says at least its status", async () => {
    expect((await failureOf(["sh", "-c", "exit 3"])).message).toMatch(/3|failed/);
  });

  it.each(["Operation not permitted (you must be root)", "iptables: Permission denied", "You must be root"])(
    "that may not says so: %s",
    async (words) => {
      expect((await failureOf(["sh", "-c", 'echo "$0" >&2; exit 1', words])).code).toBe(EXIT.NO_PERMISSION);
    },
  );

  it("says how iptables may ask ipset in the service", async () => {
    const failure = await failureOf([
      "sh",
      "-c",
      'echo "iptables-restore v1.8.9 (nf_tables): $0." >&2; exit 2',
      "Can't open socket to ipset",
    ]);
    expect(failure.code).toBe(EXIT.NO_PERMISSION);
    expect(failure.hint).toContain("knockd-iptables.conf");
  });

  it("does not fill the screen with its arguments", async () => {
    const failure = await failureOf(["sh", "-c", "exit 1", "x".repeat(5000)]);
    expect(failure.message.length).toBeLessThan(500);
  });

  it("that is no program has failed as well", async () => {
    expect((await failureOf([scratch.write("tool", "#!/bin/sh\n")])).message).toMatch(/EACCES/);
  });
});
