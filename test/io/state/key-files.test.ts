import { chmodSync, readFileSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatKeyFile } from "../../../src/core/spa/key-file.ts";
import { keyFileFailures, readKeys, writeKeyFile } from "../../../src/io/state/key-files.ts";
import { Scratch } from "../../support/scratch.ts";
import { HMAC_BYTES, KEY_BYTES, key } from "../../support/spa-packets.ts";

const TEXT = formatKeyFile({ key: KEY_BYTES, hmacKey: HMAC_BYTES });

describe("key files", () => {
  const scratch = new Scratch();
  beforeAll(() => scratch.make());
  afterAll(() => scratch.remove());

  function ruleFor(name: string, text: string, mode = 0o600) {
    const file = scratch.write(name, text);
    chmodSync(file, mode);
    const { key: _key, hmacKey: _hmacKey, ...rule } = key({ name, file });
    return rule;
  }

  it("give rules their secrets", () => {
    expect(readKeys([ruleFor("alice", TEXT)])).toEqual([key({ file: scratch.pathOf("alice") })]);
    expect(readKeys([])).toEqual([]);
  });

  it.each([0o640, 0o604, 0o620, 0o601, 0o644])("of mode %o are refused, with the cure", (mode) => {
    const octal = `0${mode.toString(8)}`;
    expect(() => readKeys([ruleFor("wide", TEXT, mode)])).toThrow(
      expect.objectContaining({
        code: 78,
        message: `cannot take the key of wide from "${scratch.pathOf("wide")}": others may read it (mode ${octal})`,
        hint: `chmod 600 ${scratch.pathOf("wide")}`,
      }),
    );
  });

  it("that are not there, too large, or no key files are all told of", () => {
    const absent = { ...ruleFor("absent", ""), file: scratch.pathOf("nowhere") };
    const rules = [
      absent,
      ruleFor("large", "#".repeat(20_000)),
      ruleFor("broken", "KEY_BASE64: *"),
      ruleFor("fine", TEXT),
    ];
    expect(keyFileFailures(rules).map(({ name, failure }) => `${name} ${failure.code} ${failure.message}`)).toEqual([
      `absent 66 cannot take the key of absent from "${scratch.pathOf("nowhere")}": no such file or directory`,
      `large 66 cannot take the key of large from "${scratch.pathOf("large")}": larger than 16384 bytes`,
      `broken 78 cannot take the key of broken from "${scratch.pathOf("broken")}": line 1: KEY_BASE64 is no base64`,
    ]);
  });

  it("are made for their owner alone, and never made over another", () => {
    const file = scratch.pathOf("keys/new/bob");
    writeKeyFile(file, TEXT);
    expect(readFileSync(file, "utf8")).toBe(TEXT);
    expect([file, scratch.pathOf("keys/new")].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o700]);
    expect(() => writeKeyFile(file, "another")).toThrow(/file already exists/);
    expect(readFileSync(file, "utf8")).toBe(TEXT);
  });
});
