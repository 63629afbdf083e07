// The log writes to the real stdout, so it runs in a process of its own.

import { spawnSync } from "node:child_process";
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Logbook } from "../../src/io/log/log.ts";
import { root } from "../support/netns.ts";
import { Scratch } from "../support/scratch.ts";

const DRIVER = fileURLToPath(new URL("../support/drivers/log.mjs", import.meta.url));

const HOUR_MS = 3_600_000;

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

interface Settings {
  readonly format?: "text" | "json";
  readonly level?: string;
  readonly message?: string;
  /** The log's own file. */
  readonly file?: string;
  /** What JOURNAL_STREAM says: the file's own device and inode, another one's, or nothing. */
  readonly journal?: "own" | "other" | "none";
  readonly event?: string;
}

/** The lines of a log whose stdout is a file. */
function linesOf({
  format = "text",
  level = "debug",
  message = "text",
  journal = "none",
  file: own,
  event = "test",
}: Settings): string[] {
  const path = scratch.pathOf("log");
  const file = openSync(path, "w");
  const { dev, ino } = fstatSync(file);
  const stream = journal === "own" ? `${dev}:${ino}` : journal === "other" ? `${dev}:${ino + 1}` : undefined;
  const { JOURNAL_STREAM: _ours, ...env } = process.env;
  const { status, stderr } = spawnSync(
    process.execPath,
    [DRIVER, format, level, message, ...(own === undefined ? [] : [own])],
    {
      stdio: ["ignore", file, "pipe"],
      env: { ...env, EVENT: event, ...(stream === undefined ? {} : { JOURNAL_STREAM: stream }) },
      encoding: "utf8",
    },
  );
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

  it.each(["opened", "extended", "closed"])(
    "makes a notice of a door that is %s, which journalctl -p notice finds",
    (event) => {
      const lines = linesOf({ journal: "own", event });
      expect(lines).toEqual(["<7>debug: text", "<5>info: text", "<4>warn: text", "<3>error: text"]);
      expect(linesOf({ format: "json", level: "info", journal: "own", event })[0]).toContain('"level":"info"');
    },
  );

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

describe("the log in a file of its own", () => {
  const own = () => scratch.pathOf("own");
  const written = () => readFileSync(own(), "utf8").split("\n").slice(0, -1);
  afterEach(() => rmSync(own(), { force: true }));

  it("as text has knockd's stamp and no priority, and nothing goes to stdout", () => {
    const beforeMs = Date.now();
    expect(linesOf({ level: "warn", journal: "own", file: own() })).toEqual([]);
    expect(written()).toEqual([
      expect.stringMatching(/^\[\d{4}-\d\d-\d\d \d\d:\d\d\] warn: text$/),
      expect.stringMatching(/^\[\d{4}-\d\d-\d\d \d\d:\d\d\] error: text$/),
    ]);
    const stamp = Date.parse(written()[0]?.slice(1, 17) ?? "");
    // Local time, and not that of Greenwich.
    expect(Math.abs(stamp - beforeMs)).toBeLessThan(HOUR_MS / 2);
  });

  it("as JSON is the same as elsewhere", () => {
    linesOf({ format: "json", level: "error", file: own() });
    expect(written().map((line): unknown => JSON.parse(line))).toMatchObject([{ level: "error", msg: "error: text" }]);
  });

  it("keeps what has several lines in one, and lets no control character through", () => {
    linesOf({ level: "error", message: "first\nsecond\u001b[2J", file: own() });
    expect(written()).toEqual([expect.stringMatching(/\] error: first \| second\?\[2J$/)]);
  });

  it("goes to stdout when the disk is full, after a word on why", () => {
    expect(linesOf({ level: "warn", file: "/dev/full" })).toEqual([
      'cannot write log file "/dev/full", what it misses goes to stdout: no space left on device',
      "warn: text",
      "error: text",
    ]);
  });

  it.runIf(root)("begins a new line after a half one, when a full disk has room again", () => {
    const driver = fileURLToPath(new URL("../support/drivers/torn-log.mjs", import.meta.url));
    const script = `mount -t tmpfs -o size=8k tmpfs "$1" && "$2" "$3" "$1" && echo -- && tail -n +2 "$1/log"`;
    mkdirSync(scratch.pathOf("disk"));
    const { status, stdout, stderr } = spawnSync(
      "unshare",
      ["--mount", "bash", "-c", script, "bash", scratch.pathOf("disk"), process.execPath, driver],
      { encoding: "utf8" },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.replaceAll(/^\[[^\]]*\] /gm, "").split("\n")).toEqual([
      expect.stringMatching(/^cannot write log file .*: no space left on device$/),
      "of this line the first fifty bytes or so fit, and no more than these",
      "--",
      "of this line the first fifty by",
      "there is room again",
      expect.stringMatching(/^log file .* can be written again$/),
      "",
    ]);
  });

  it.each([
    ["/nonexistent/log", 69, 'cannot open log file "/nonexistent/log": no such file or directory'],
    ["/etc", 69, 'cannot open log file "/etc": illegal operation on a directory'],
  ])("that cannot be opened at the start (%s) is an error with a hint", (path, code, message) => {
    expect(() => new Logbook({ logFormat: "text", logLevel: "info", logFile: path })).toThrow(
      expect.objectContaining({ code, message, hint: expect.stringContaining("/var/log/knockd") }),
    );
  });
});

describe("the log after a reload", () => {
  const at = (name: string) => scratch.pathOf(name);
  const content = (name: string) => readFileSync(at(name), "utf8").replaceAll(/^\[[^\]]*\] /gm, "");
  const settings = { logFormat: "text", logLevel: "info" } as const;

  it("has the new level, form and file", () => {
    const logbook = new Logbook({ ...settings, logFile: at("a") });
    logbook.log.debug({ event: "test" }, "unseen");
    logbook.apply({ ...settings, logLevel: "debug", logFile: at("a") });
    logbook.log.debug({ event: "test" }, "seen");
    logbook.apply({ logFormat: "json", logLevel: "warn", logFile: at("b") });
    logbook.log.info({ event: "test" }, "unseen");
    logbook.log.warn({ event: "test" }, "in b");
    expect(content("a")).toBe("seen\n");
    expect(JSON.parse(content("b"))).toMatchObject({ level: "warn", event: "test", msg: "in b" });
  });

  it("says so in the new file when it was rotated", () => {
    const logbook = new Logbook({ ...settings, logFile: at("c") });
    logbook.log.info({ event: "test" }, "one");
    renameSync(at("c"), at("c.1"));
    logbook.reopen();
    expect(content("c.1")).toBe("one\n");
    expect(content("c")).toBe(`re-opening log file: ${at("c")}\n`);
  });
});

describe("a log that nobody reads any more", () => {
  it("does not end its process", () => {
    const script = `trap "" PIPE; { while echo 2>&-; do :; done; "$0" "$1" text debug gone; echo "status $?" >&2; } | true`;
    const { status, stderr } = spawnSync("/bin/sh", ["-c", script, process.execPath, DRIVER], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "status 0\n" });
  });
});
