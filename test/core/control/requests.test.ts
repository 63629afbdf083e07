import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  REQUEST_BYTES_MAX,
  readGreeting,
  readLine,
  readRequest,
  writeLine,
} from "../../../src/core/control/requests.ts";
import { EXIT } from "../../../src/core/exit.ts";

describe("a request", () => {
  it.each([
    { request: "status" },
    { request: "open", door: "ssh", address: "192.0.2.7" },
    { request: "open", door: "ssh", address: "2001:db8::7", forMs: 90_000 },
    { request: "close", door: "ssh", address: "192.0.2.7" },
    { request: "close-all" },
    { request: "reload" },
  ] as const)("comes over as it was sent: %j", (request) => {
    expect(readRequest(writeLine(request))).toEqual(request);
  });

  it.each([
    ["", "nothing"],
    ["null", "null"],
    ["[]", "a list"],
    ["{}", "an empty object"],
    ['{"request":"shutdown"}', "one that is not known"],
    ['{"request":"status","more":1}', "one with more than belongs to it"],
    ['{"request":"open","door":"ssh"}', "one with less than it needs"],
    ['{"request":"open","door":7,"address":"192.0.2.7"}', "a number for a name"],
    ['{"request":"open","door":"ssh","address":"192.0.2.7","forMs":-1}', "a time before now"],
    ['{"request":"open","door":"ssh","address":"192.0.2.7","forMs":1e300}', "a time without an end"],
    [`{"request":"open","door":"${"s".repeat(300)}","address":"192.0.2.7"}`, "a name without an end"],
    ['{"request":"__proto__"}', "a name of JavaScript's own"],
  ])("is not %s (%s)", (text) => {
    expect(readRequest(text)).toBeUndefined();
  });

  it("is read without ever throwing, whatever comes", () => {
    fc.assert(fc.property(fc.string(), (text) => readRequest(text) === undefined));
    fc.assert(fc.property(fc.json(), (text) => readRequest(text) === undefined));
  });

  it("always fits into the line that the daemon reads", () => {
    const longest = {
      request: "open",
      door: "\0".repeat(256),
      address: "\0".repeat(256),
      forMs: 31_536_000_000,
    } as const;
    expect(readRequest(writeLine(longest))).toEqual(longest);
    expect(writeLine(longest).length).toBeLessThanOrEqual(REQUEST_BYTES_MAX);
  });
});

describe("what the daemon says", () => {
  it("comes over as it was said", () => {
    expect(readGreeting(writeLine({ knockd: 1, version: "1.0.0" }))).toEqual({ knockd: 1, version: "1.0.0" });
    expect(readLine(writeLine({ answer: { said: "x" } }))).toEqual({ answer: { said: "x" } });
    const error = { error: { code: EXIT.CONFIG, message: "a\nb", hint: "c" } } as const;
    expect(readLine(writeLine(error))).toEqual(error);
  });

  it("is nothing else", () => {
    for (const text of ["", "SSH-2.0-OpenSSH_9.2", "{}", "[]", '{"knockd":"1"}']) {
      expect(readGreeting(text)).toBeUndefined();
    }
    for (const text of ["", "{}", '{"error":{"code":3,"message":"x"}}', '{"error":"x"}'])
      expect(readLine(text)).toBeUndefined();
  });
});
