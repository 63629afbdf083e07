import { chmodSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codeSecretFailures, readCodeSecrets } from "../../../src/io/state/code-secrets.ts";
import { doorsOf } from "../../support/doors.ts";
import { Scratch } from "../../support/scratch.ts";

describe("the secrets of codes", () => {
  const scratch = new Scratch();
  beforeEach(() => scratch.make());
  afterEach(() => scratch.remove());

  const doors = () =>
    doorsOf(
      `doors: { ssh: { totp: { secret_file: ${scratch.pathOf("ssh")}, ports: 20000-20299 } }, web: { sequence: "7000,8000" } }`,
    );
  const write = (text: string, mode = 0o600) => {
    writeFileSync(scratch.pathOf("ssh"), text);
    chmodSync(scratch.pathOf("ssh"), mode);
  };

  it("are read for the doors that have them", () => {
    write("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n");
    const secrets = readCodeSecrets(doors());
    expect([...secrets.keys()]).toEqual(["ssh"]);
    expect(Buffer.from(secrets.get("ssh") ?? []).toString()).toBe("12345678901234567890");
    expect(codeSecretFailures(doors())).toEqual([]);
  });

  it.each([
    ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 0o640, /others may read it \(mode 0640\)$/, /^chmod 600 /],
    ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 0o604, /others may read it \(mode 0604\)$/, /^chmod 600 /],
    [
      "SECRET1",
      0o600,
      /expected one line of base32, at least 16 of the letters and the digits 2 to 7$/,
      /knockd enroll ssh/,
    ],
    ["A".repeat(5000), 0o600, /larger than 4096 bytes$/, /knockd enroll ssh/],
  ])("that will not do are refused, and never quoted", (text, mode, message, hint) => {
    write(text, mode);
    const [found] = codeSecretFailures(doors());
    expect(found?.failure.message).toMatch(/^cannot take the secret of door ssh from /);
    expect(found?.failure.message).toMatch(message);
    expect(found?.failure.message).not.toContain(text);
    expect(found?.failure.hint).toMatch(hint);
    expect(() => readCodeSecrets(doors())).toThrow(message);
  });

  it("that are not there yet are made by enroll, says the hint", () => {
    expect(codeSecretFailures(doors())[0]?.failure.hint).toBe("knockd enroll ssh makes such a file");
  });
});
