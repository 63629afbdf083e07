import { describe, expect, it } from "vitest";
import { formatKeyFile, parseKeyFile } from "../../../src/core/spa/key-file.ts";
import { HMAC_BYTES, KEY_BYTES } from "../../support/spa-packets.ts";

const SECRETS = { key: KEY_BYTES, hmacKey: HMAC_BYTES };
const KEY = KEY_BYTES.toString("base64");
const HMAC = HMAC_BYTES.toString("base64");

describe("a key file", () => {
  it.each([
    ["as keygen writes it", formatKeyFile(SECRETS)],
    ["with comments and blank lines", `# alice\n\n  KEY_BASE64:${KEY}\n\tHMAC_KEY_BASE64 : ${HMAC}\n`],
    ["as in ~/.fwknoprc and access.conf", `KEY_BASE64      ${KEY}\nHMAC_KEY_BASE64 ${HMAC};`],
    ["with the lines of another system", formatKeyFile(SECRETS).replaceAll("\n", "\r\n")],
  ])("is read %s", (_how, text) => {
    expect(parseKeyFile(text, [])).toEqual(SECRETS);
  });

  it("may hold passphrases instead", () => {
    const { key, hmacKey } = parseKeyFile("KEY: correct horse\nHMAC_KEY: battery: staple\n", []);
    expect([key, hmacKey].map((bytes) => bytes?.toString())).toEqual(["correct horse", "battery: staple"]);
  });

  it("needs no HMAC key where the config says so", () => {
    expect(parseKeyFile(`KEY_BASE64: ${KEY}`, ["no-hmac"])).toEqual({ key: KEY_BYTES });
    expect(parseKeyFile(`KEY_BASE64: ${KEY}`, ["no-hmac", "legacy-iv"])).toEqual({ key: KEY_BYTES });
  });

  const long = Buffer.alloc(129, 1).toString("base64");
  it.each([
    ["", "expected a line KEY_BASE64: and the key"],
    [`KEY_BASE64: ${KEY}`, "expected a line HMAC_KEY_BASE64: and the key (legacy: [no-hmac] does without)"],
    [`KEY_BASE64: ${KEY}\nKEY: x`, "line 2: KEY is there for the second time"],
    [`KEY_BASE64 ${KEY}\nSPA_SERVER x`, "line 2: expected one of KEY KEY_BASE64 HMAC_KEY HMAC_KEY_BASE64 and a value"],
    ["KEY_BASE64:", "line 1: expected one of KEY KEY_BASE64 HMAC_KEY HMAC_KEY_BASE64 and a value"],
    ["KEY_BASE64: se-cret", "line 1: KEY_BASE64 is no base64"],
    [`KEY_BASE64: ${Buffer.alloc(33).toString("base64")}`, "KEY must have 1 to 32 bytes, has 33"],
    [`KEY_BASE64: ${KEY}\nHMAC_KEY_BASE64: ${long}`, "HMAC_KEY must have 1 to 128 bytes, has 129"],
  ])("such as %j is refused without a word of the secret", (text, message) => {
    expect(() => parseKeyFile(text, [])).toThrow(new RangeError(message));
  });

  it("cannot sign in the legacy mode", () => {
    expect(() => parseKeyFile(formatKeyFile(SECRETS), ["no-hmac", "legacy-iv"])).toThrow(
      "HMAC_KEY cannot go with legacy-iv: clients of that age do not sign",
    );
  });
});
