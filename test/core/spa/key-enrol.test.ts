import { expect, it } from "vitest";
import { parse } from "yaml";
import { configText, type Enrolment, fwknopText, profileText, qrText } from "../../../src/core/spa/key-enrol.ts";
import { HMAC_BYTES, KEY_BYTES } from "../../support/spa-packets.ts";

const KEY = KEY_BYTES.toString("base64");
const HMAC = HMAC_BYTES.toString("base64");
const ALICE: Enrolment = {
  name: "alice",
  file: "/etc/knockd/keys/alice",
  host: "gate.example.org",
  doors: ["ssh"],
  ports: [
    { protocol: "tcp", number: 22 },
    { protocol: "udp", number: 53 },
  ],
  spaPort: 62_201,
  key: KEY_BYTES,
  hmacKey: HMAC_BYTES,
};

it("the daemon's config gets a key", () => {
  expect(parse(configText(ALICE))).toEqual({ keys: { alice: { file: "/etc/knockd/keys/alice", doors: ["ssh"] } } });
});

it("fwknop's client gets a stanza, with the port only where it is another than its own", () => {
  expect(fwknopText(ALICE)).toBe(
    `[alice]\nSPA_SERVER       gate.example.org\nACCESS           tcp/22,udp/53\nKEY_BASE64       ${KEY}\nHMAC_KEY_BASE64  ${HMAC}\nUSE_HMAC         Y`,
  );
  expect(fwknopText({ ...ALICE, spaPort: 4711 })).toContain("\nSPA_SERVER_PORT  4711\n");
});

it("our own client gets a profile", () => {
  const spa = { key: KEY, hmac_key: HMAC, open: ["22/tcp", "53/udp"] };
  expect(parse(profileText(ALICE))).toEqual({ profiles: { alice: { host: "gate.example.org", spa } } });
  const elsewhere = { profiles: { alice: { host: "gate.example.org", spa: { ...spa, port: "4711/udp" } } } };
  expect(parse(profileText({ ...ALICE, spaPort: 4711 }))).toEqual(elsewhere);
});

it("the apps get a text for their scanner", () => {
  expect(qrText(ALICE)).toBe(`KEY_BASE64:${KEY} HMAC_KEY_BASE64:${HMAC}`);
});
