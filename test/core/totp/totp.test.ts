// Codes of an authenticator app: how they may be typed, and which ports they mean.

import { describe, expect, it } from "vitest";
import { codePorts, lastPort, readCode } from "../../../src/core/totp/totp.ts";

describe("readCode", () => {
  it.each([
    ["492817", "492817"],
    ["492 817", "492817"],
    ["49 28-17 ", "492817"],
    ["000000", "000000"],
    ["1234 5678", "12345678"],
  ])("takes %j for %s", (text, code) => {
    expect(readCode(text)).toBe(code);
  });

  it.each(["", "49281", "4928171", "123456789", "49281x", "492  817", "-492817", "٤٩٢٨١٧"])("refuses %j", (text) => {
    expect(() => readCode(text)).toThrow(`expected a code of 6 or 8 digits, got ${JSON.stringify(text)}`);
  });
});

describe("codePorts", () => {
  it.each([
    ["492817", 20_000, [20_049, 20_128, 20_217]],
    ["000000", 20_000, [20_000, 20_100, 20_200]],
    ["999999", 1, [100, 200, 300]],
    ["00010299", 65_136, [65_136, 65_237, 65_338, 65_535]],
  ])("knocks for %s from %i on %j", (code, first, numbers) => {
    expect(codePorts(code, first)).toEqual(numbers.map((number) => ({ protocol: "tcp", number })));
  });

  it.each([
    ["492817", 0],
    ["492817", 65_237],
    ["49281700", 65_137],
  ])("refuses %s from %i, where a code could mean no port", (code, first) => {
    expect(() => codePorts(code, first)).toThrow(`must be 1 to 65535, got ${first} as the first`);
  });

  it("ends where lastPort says, for the highest code", () => {
    expect(codePorts("999999", 20_000).at(-1)?.number).toBe(lastPort(20_000, 6));
    expect(codePorts("99999999", 20_000).at(-1)?.number).toBe(lastPort(20_000, 8));
  });
});
