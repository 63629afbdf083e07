// The log writes to the real stdout, so it runs in a process of its own.

import { spawnSync } from "node:child_process";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Scratch } from "../support/scratch.ts";

const DRIVER = fileURLToPath(new URL("../support/drivers/log.mjs", import.meta.url));

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

interface Settings {
  readonly format?: "text" | "json";
  readonly level?: string;
  readonly message?: string;
  /** What JOURNAL_STREAM says: the file's own device and inode, another one's, or nothing. */
  readonly journal?: "own" | "other" | "none";
}

/** The lines of a log whose stdout is a file. */
function linesOf({ format = "text", level = "debug", message = "text", journal = "none" }: Settings): string[] {
  const path = scratch.pathOf("log");
  const file = openSync(path, "w");
  const { dev, ino } = fstatSync(file);
  const stream = journal === "own" ? `${dev}:${ino}` : journal === "other" ? `${dev}:${ino + 1}` : undefined;
  const { JOURNAL_STREAM: _ours, ...env } = process.env;
  const { status, stderr } = spawnSync(process.execPath, [DRIVER, format, level, message], {
    stdio: ["ignore", file, "pipe"],
    env: stream === undefined ? env : { ...env, JOURNAL_STREAM: stream },
    encoding: "utf8",
  });
  closeSync(file);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

describe("the log as text", () => {
  it("is the bare words, a line each", () => {
    expect(linesOf({ message: "192.0.2.7: ssh: OPEN SESAME" })).toEqual(
      ["debug", "info", "warn", "error"].map((level) => `${level}: 192.0.2.7: ssh: OPEN SESAME`),
    );
  });

  it.each([
    ["debug", ["debug: text", "info: text", "warn: text", "error: text"]],
    ["info", ["info: text", "warn: text", "error: text"]],
    ["warn", ["warn: text", "error: text"]],
    ["error", ["error: text"]],
  ])("at level %s leaves out what is below", (level, lines) => {
    expect(linesOf({ level })).toEqual(lines);
  });

  it("under journald begins with the priority", () => {
    expect(linesOf({ journal: "own" })).toEqual(["<7>debug: text", "<6>info: text", "<4>warn: text", "<3>error: text"]);
  });

  it("into a file has no priority, though a journal is elsewhere", () => {
    expect(linesOf({ journal: "other", level: "error" })).toEqual(["error: text"]);
  });

  it("keeps what has several lines in one", () => {
    expect(linesOf({ level: "error", message: "first\nsecond\n<2>third" })).toEqual([
      "error: first | second | <2>third",
    ]);
  });

  it("lets nothing through that moves a terminal's cursor or begins a new line", () => {
    const [line = ""] = linesOf({ level: "error", message: "a\u001b[2Jb\rc\u0007" });
    expect([...line].filter((letter) => letter < " ")).toEqual([]);
  });
});

describe("the log as JSON", () => {
  it("is an object a line, with the level's name, an ISO time, the words and the facts", () => {
    const lines = linesOf({ format: "json", message: 'said "so"\nand so' });
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(
      ["debug", "info", "warn", "error"].map((level) => ({
        level,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        event: "test",
        door: "ssh",
        msg: `${level}: said "so"\nand so`,
      })),
    );
  });

  it("has no priority under journald: a line must stay an object", () => {
    expect(linesOf({ format: "json", level: "error", journal: "own" })[0]).toMatch(/^\{/);
  });
});

describe("a log that nobody reads any more", () => {
  it("does not end its process", () => {
    const { status, stderr } = spawnSync(
      "/bin/sh",
      ["-c", `{ sleep 0.3; "$0" "$1" text debug gone; echo "status $?" >&2; } | true`, process.execPath, DRIVER],
      { encoding: "utf8" },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "status 0\n" });
  });
});
