// What people paste into a knockd.yaml from elsewhere, and the words that help them on.
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/core/config/config.ts";

function said(yaml: string): string[] {
  const parsed = parseConfig(yaml);
  return "problems" in parsed ? parsed.problems.map(({ line, message }) => `${line}: ${message}`) : [];
}

function keysOf(...lines: string[]): string[] {
  return said(`doors:\n  a:\n    sequence: 7001,8002,9003\n${lines.map((line) => `    ${line}\n`).join("")}`);
}

describe("a text that needs quotes", () => {
  it.each([
    'start_command: curl -H "X-Key: y" http://x/',
    "start_command: echo knock: %IP%",
    "start_command: logger -t knockd open: yes",
  ])("for its colon: %s", (line) => {
    expect(keysOf(line)[0]).toMatch(/^4: a text with ": " in it needs quotes around it/);
  });

  it.each(["start_command: [/x, %IP%]", "start_command: %IP%", "start_command: [%IP%, a]"])(
    "for its percent sign: %s",
    (line) => {
      expect(keysOf(line)[0]).toBe('4: a text that begins with % needs quotes around it: write "%IP%"');
    },
  );

  it.each([
    ["start_command: @x", '4: a text that begins with "@" needs quotes around it'],
    ["tcpflags: !ack", '4: a text that begins with ! needs quotes around it: "!ack"'],
    ['start_command: "x" y', "4: something stands behind the end of a text: put all of it into quotes, as in '...'"],
    ['start_command: "a\\q"', `4: a backslash means something in "...": put the text into '...'`],
  ])("%s: %s", (line, expected) => {
    expect(keysOf(line)[0]).toBe(expected);
  });
});

describe("a key of another program", () => {
  it.each([
    ["command: /x", "4: unknown key, did you mean start_command?"],
    ["Command_6: /x", "4: unknown key, did you mean start_command_6?"],
    ["timeout: 5", "4: unknown key, did you mean seq_timeout?"],
    ["cooldown: 5", "4: unknown key, did you mean seq_cooldown?"],
    ["port: 22", "4: unknown key, did you mean open?"],
    ["stop-command: /x", "4: unknown key, did you mean stop_command?"],
  ])("%s: %s", (line, expected) => {
    expect(keysOf(line)).toEqual([expected]);
  });
});

describe("the file of another program", () => {
  it.each([
    [
      "[options]\n UseSyslog\n[ssh]\n sequence = 1,2,3\n",
      /^1: this is a knockd\.conf of the old knockd: .* knockd import FILE$/,
    ],
    ["# x\r\n[ssh]\r\nSequence=1\r\n", /knockd\.conf/],
    ["SOURCE ANY\nKEY x\n", /^1: this is an access\.conf of fwknop: .* knockd import --keys/],
    ['START_KNOCKD=1\nKNOCKD_OPTS="-i eth0"\n', /^1: this holds the options of the service/],
  ])("%j is known", (text, expected) => {
    expect(said(text)).toEqual([expect.stringMatching(expected)]);
  });

  it("is not one with a list in brackets", () => {
    expect(said("doors:\n  a:\n    sequence:\n      [1, 2, 3]\n")).toEqual([]);
  });
});

describe("a key that does nothing", () => {
  it.each([
    ["stop_command: /x", "never runs: there is no start_command"],
    ["cmd_timeout: 5", "without effect: there is no stop_command"],
    ["for: 5", "without effect: nothing is opened, and there is no stop_command"],
  ])("%s is remarked: %s", (line, message) => {
    const parsed = parseConfig(`doors:\n  a:\n    sequence: 1,2,3\n    ${line}\n`);
    expect("remarks" in parsed && parsed.remarks).toMatchObject([{ line: 4, message }]);
  });
});
