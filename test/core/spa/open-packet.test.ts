import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../../src/core/address.ts";
import { formatPort } from "../../../src/core/port.ts";
import { digestText, encrypt, tagText } from "../../../src/core/spa/crypto.ts";
import type { Key } from "../../../src/core/spa/key.ts";
import { open, possibleLengths, prepare } from "../../../src/core/spa/open-packet.ts";
import { HMAC_BYTES, KEY_BYTES, key, packet, packetOfFields, padded, signed } from "../../support/spa-packets.ts";
import { VECTORS, type Vector } from "../../support/spa-vectors.ts";

const NOW_S = 1_800_000_000;
/** KNOCKD_SPA_RUNS=1000000 for the long run. */
const RUNS = Number(process.env["KNOCKD_SPA_RUNS"] ?? 3000);

const openPacket = (text: string, keys: readonly Key[]) => open(text, prepare(keys));

function keyOf({ key: bytes, hmacKey, hmacType, mode }: Vector) {
  const legacy = [...(["md5", "sha1"] as const), ...(hmacKey === undefined ? (["no-hmac"] as const) : [])];
  return key({
    key: bytes,
    hmacKey,
    hmac: hmacType ?? "sha256",
    mode: mode === "legacy" ? "cbc" : mode,
    legacy: mode === "legacy" ? [...legacy, "legacy-iv"] : legacy,
  });
}

function reasonOf(text: string, keys = [key()]): string {
  const opened = openPacket(text, keys);
  return "reason" in opened ? opened.reason : "opened";
}

describe("a packet of the real client", () => {
  it.each(VECTORS.map((vector) => [vector.name, vector] as const))("is read as it was meant: %s", (_, vector) => {
    const opened = openPacket(vector.packet, [keyOf(vector)]);
    if ("reason" in opened) throw new Error(JSON.stringify(opened));
    const { type, username, timestamp, version, message, nat, clientTimeout, digestType } = vector.expect;
    const kinds = ["command", "access", "nat", "access", "nat", "local-nat", "local-nat"];
    expect(opened.request).toMatchObject({
      kind: kinds[type],
      username,
      timeMs: timestamp * 1000,
      version,
      message,
      nat: nat ?? undefined,
      timeoutMs: clientTimeout === null ? undefined : clientTimeout * 1000,
      digest: digestType,
    });
    if (type === 0) return;
    const { address, ports } = opened.request;
    expect(message).toBe(
      [address && formatAddress(address), ...ports.map((port) => formatPort(port).split("/").reverse().join("/"))].join(
        ",",
      ),
    );
    expect(possibleLengths([keyOf(vector)]).has(vector.packet.length)).toBe(true);
  });

  it("has the fingerprint of its salt and ciphertext, whatever its signature", () => {
    const [first, ...others] = VECTORS.flatMap((vector) => {
      const opened = openPacket(vector.packet, [keyOf(vector)]);
      return "reason" in opened ? [] : [opened.fingerprint];
    });
    const bytes = Buffer.from(`U2FsdGVkX1${VECTORS[0]?.packet.slice(0, -43)}`, "base64");
    expect(first).toBe(createHash("sha256").update(bytes).digest("base64url"));
    expect(new Set([first, ...others]).size).toBe(VECTORS.length);
  });

  it("is nobody's once any one of its characters is another", () => {
    const text = packet({ nowS: NOW_S });
    for (let at = 0; at < text.length; at++) {
      const other = text.charAt(at) === "A" ? "B" : "A";
      expect(reasonOf(text.slice(0, at) + other + text.slice(at + 1))).toBe(at === 0 ? "malformed" : "no-key");
    }
  });

  it.each([
    ["with padding", (text: string) => `${text}=`],
    ["with its prefix", (text: string) => `U2FsdGVkX1${text}`],
    ["with a newline", (text: string) => `${text}\n`],
    ["with a blank before it", (text: string) => ` ${text}`],
    ["with a zero byte", (text: string) => `${text}\0`],
    ["in the alphabet of web addresses", (text: string) => `${text.slice(0, -1)}-`],
    ["twice", (text: string) => text.repeat(8)],
    ["nothing of it", () => ""],
  ])("is no packet %s", (_how, change) => {
    expect(reasonOf(change(packet({ nowS: NOW_S })))).toBe("malformed");
  });
});

describe("keys", () => {
  const bob = key({ name: "bob", key: Buffer.alloc(32, 9), hmacKey: Buffer.alloc(64, 9) });

  it("are tried one after the other; the first whose signature fits decides", () => {
    const text = packet({ nowS: NOW_S });
    expect(openPacket(text, [bob, key()])).toMatchObject({ key: { name: "alice" } });
    const twin = key({ name: "twin", key: Buffer.alloc(32, 8) });
    expect(openPacket(text, [twin, key()])).toEqual({ reason: "unreadable", key: "twin" });
    expect(openPacket(text, [bob])).toEqual({ reason: "no-key" });
    expect(openPacket(text, [])).toEqual({ reason: "no-key" });
  });

  it("that need no signature come last, and pass over what they cannot read", () => {
    const unsigned = key({ name: "old", key: Buffer.alloc(16, 5), hmacKey: undefined, legacy: ["no-hmac"] });
    const other = { ...unsigned, name: "older", key: Buffer.alloc(16, 6) };
    const text = packet({ nowS: NOW_S, key: unsigned.key, hmacKey: undefined });
    expect(openPacket(text, [other, unsigned, key()])).toMatchObject({ key: { name: "old" } });
    expect(openPacket(packet({ nowS: NOW_S }), [unsigned, key()])).toMatchObject({ key: { name: "alice" } });
    expect(reasonOf(text)).toBe("no-key");
  });

  it("of another kind of HMAC or mode of cipher do not fit", () => {
    expect(reasonOf(packet({ nowS: NOW_S }), [key({ hmac: "sha512" })])).toBe("no-key");
    expect(reasonOf(packet({ nowS: NOW_S }), [key({ hmac: "sha3-256" })])).toBe("no-key");
    expect(reasonOf(packet({ nowS: NOW_S }), [key({ mode: "ecb" })])).toBe("unreadable");
  });

  it("say whether broken digests will do", () => {
    const text = packet({ nowS: NOW_S, digest: "md5" });
    expect(openPacket(text, [key()])).toEqual({ reason: "weak-digest", key: "alice", digest: "md5" });
    expect(openPacket(text, [key({ legacy: ["sha1"] })])).toMatchObject({ reason: "weak-digest" });
    expect(reasonOf(text, [key({ legacy: ["md5"] })])).toBe("opened");
  });

  it("tell which lengths their packets can have, so that others cost nothing", () => {
    const lengths = [...possibleLengths([key()])];
    // One in 21: whole blocks alone.
    expect(lengths.length).toBeLessThan(70);
    expect(lengths).toContain(packet({ nowS: NOW_S }).length);
    for (let ports = 1; ports < 20; ports++) {
      const message = `192.0.2.7${",tcp/65535".repeat(ports)}`;
      expect(lengths).toContain(packet({ nowS: NOW_S, message }).length);
    }
    expect(
      Math.max(...possibleLengths([key(), key({ hmac: "sha512" }), key({ hmacKey: undefined })])),
    ).toBeLessThanOrEqual(1500);
    expect([...possibleLengths([])]).toEqual([]);
  });
});

describe("what is well signed and yet no request", () => {
  const M = "MTkyLjAuMi43LHRjcC8yMg";
  const U = "YWxpY2U";
  const b64 = (text: string) => Buffer.from(text, "latin1").toString("base64").replace(/=+$/, "");
  const fields = ({
    random = "1".repeat(16),
    user = U,
    time = String(NOW_S),
    version = "3.0.0",
    type = "1",
    rest = M,
  }) => [random, user, time, version, type, rest].join(":");

  it("is only what has been changed here", () => {
    expect(reasonOf(packetOfFields(fields({})))).toBe("opened");
    expect(reasonOf(packetOfFields(fields({ type: "3", rest: `${M}:60` })))).toBe("opened");
    expect(reasonOf(packetOfFields(fields({ type: "3", rest: `${M}:YXV0aA:60` })))).toBe("opened");
    expect(reasonOf(packetOfFields(fields({ rest: `${M}:YXV0aA` })))).toBe("opened");
    expect(reasonOf(packetOfFields(fields({ type: "4", rest: `${M}:${b64("10.0.0.1,22")}:YXV0aA:60` })))).toBe(
      "opened",
    );
  });

  it.each([
    ["user", { user: "" }],
    ["user", { user: `${U}=` }],
    ["user", { user: "YWxpY2V" }],
    ["user", { user: b64("a:b") }],
    ["user", { user: b64("a\0b") }],
    ["user", { user: b64("a".repeat(49)) }],
    ["user", { user: b64("\u00e9") }],
    ["time", { time: "+1800000000" }],
    ["time", { time: "01800000000" }],
    ["time", { time: "1800000000.5" }],
    ["time", { time: "0x6b49d200" }],
    ["time", { time: "4294967296" }],
    ["time", { time: "" }],
    ["version", { version: "" }],
    ["version", { version: "3.0.0.0.0.0" }],
    ["type", { type: "7" }],
    ["type", { type: "01" }],
    ["type", { type: "" }],
    ["type", { type: "-1" }],
    ["message", { rest: b64("192.0.2.7") }],
    ["message", { rest: b64("192.0.2.7,") }],
    ["message", { rest: b64("192.0.2.07,tcp/22") }],
    ["message", { rest: b64("192.0.2.256,tcp/22") }],
    ["message", { rest: b64("192.0.2,tcp/22") }],
    ["message", { rest: b64("::ffff:192.0.2.7,tcp/22") }],
    ["message", { rest: b64("2001:db8::7,tcp/22") }],
    ["message", { rest: b64("192.0.2.7,tcp/0") }],
    ["message", { rest: b64("192.0.2.7,tcp/65536") }],
    ["message", { rest: b64("192.0.2.7,tcp/022") }],
    ["message", { rest: b64("192.0.2.7,TCP/22") }],
    ["message", { rest: b64("192.0.2.7,icmp/8") }],
    ["message", { rest: b64("192.0.2.7,tcp/22;reboot") }],
    ["message", { rest: b64("192.0.2.7, tcp/22") }],
    ["message", { rest: b64("192.0.2.7,tcp/22\n") }],
    ["message", { rest: b64(`192.0.2.7${",tcp/65535".repeat(25)}`) }],
    ["message", { rest: `${M.slice(0, -1)}h` }],
    ["count", { rest: `${M}:YQ:YQ` }],
    ["count", { type: "3" }],
    ["count", { type: "2" }],
    ["count", { type: "4", rest: `${M}:60` }],
    ["nat", { type: "2", rest: `${M}:${b64("10.0.0.1")}` }],
    ["nat", { type: "2", rest: `${M}:${b64("10.0.0.1,22,23")}` }],
    ["nat", { type: "2", rest: `${M}:${b64("a b,22")}` }],
    ["nat", { type: "5", rest: `${M}:${b64("10.0.0.1,70000")}` }],
    ["time-out", { type: "3", rest: `${M}:65537` }],
    ["time-out", { type: "3", rest: `${M}:-1` }],
    ["time-out", { type: "3", rest: `${M}:060` }],
    ["time-out", { type: "3", rest: `${M}:YQ` }],
    ["message", { type: "0", rest: "*" }],
  ])("is refused for its %s: %j", (field, change) => {
    expect(openPacket(packetOfFields(fields(change)), [key()])).toEqual({ reason: "field", key: "alice", field });
  });

  it("is refused for its digest: of another text, of no length, or none", () => {
    for (const digest of [Buffer.alloc(32, 7).toString("base64").slice(0, 43), "short", "", "A".repeat(44)]) {
      expect(openPacket(packetOfFields(fields({}), digest), [key()])).toMatchObject({ field: "digest" });
    }
  });

  it.each([
    ["its random number is short", padded(Buffer.from(`123:${"x".repeat(90)}`))],
    ["its padding is wrong", Buffer.alloc(112, 17)],
    ["its padding is zero", Buffer.alloc(112)],
    ["its padding is uneven", Buffer.concat([Buffer.alloc(110, 49), Buffer.from([1, 2])])],
    ["it holds what cannot be printed", padded(Buffer.from(`${"1".repeat(16)}:\u0001${"x".repeat(90)}`))],
  ])("is unreadable if %s", (_why, blocks) => {
    expect(openPacket(signed(blocks), [key()])).toEqual({ reason: "unreadable", key: "alice" });
  });

  it("needs its padding, which only clients of old left out when the text filled its blocks", () => {
    // One of sixteen lengths of a version fills them; versions have 1 to 8 characters, so users help.
    const texts = ["YQ", "YWI", "YWJj", "YWJjZA"].flatMap((user) =>
      ["1", "12", "123", "1234", "12345", "123456", "1234567", "12345678"].map((version) => fields({ user, version })),
    );
    const [text = ""] = texts.filter((each) => (each.length + 44) % 16 === 0);
    const blocks = Buffer.from(`${text}:${digestText("sha256", text)}`);
    expect(blocks.length % 16).toBe(0);
    expect(reasonOf(signed(blocks))).toBe("unreadable");
    const salt = Buffer.alloc(8, 4);
    const sealed = encrypt({ key: KEY_BYTES, salt, mode: "cbc", legacy: true }, blocks);
    const old = Buffer.concat([Buffer.from("Salted__"), salt, sealed])
      .toString("base64")
      .replace(/=+$/, "")
      .slice(10);
    const rule = { hmacKey: undefined, legacy: ["no-hmac", "legacy-iv"] as const };
    expect(reasonOf(old, [key(rule)])).toBe("opened");
    expect(reasonOf(old, [key({ ...rule, legacy: ["no-hmac"] })])).toBe("no-key");
  });

  it("is unreadable in another spelling of the same bytes, even one that is signed", () => {
    // Of this many bytes, the last bits of their base64 are unused.
    const text = signed(padded(Buffer.from(fields({ user: "YQ" }))));
    const body = `U2FsdGVkX1${text.slice(0, -43)}`;
    expect(body.length % 4).toBeGreaterThan(1);
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const spelling = body.slice(0, -1) + alphabet.charAt(alphabet.indexOf(body.slice(-1)) + 1);
    expect(Buffer.from(spelling, "base64")).toEqual(Buffer.from(body, "base64"));
    const again = spelling.slice(10) + tagText("sha256", HMAC_BYTES, spelling);
    expect(openPacket(again, [key()])).toEqual({ reason: "unreadable", key: "alice" });
  });
});

describe("random bytes and changed packets", () => {
  const keys = [
    key(),
    key({ name: "old", hmacKey: undefined, legacy: ["no-hmac", "md5", "sha1"], key: Buffer.alloc(16, 3) }),
  ];
  const base64 = fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  const lengths = [...possibleLengths(keys)];

  it("of every length from 0 to 2000 never throw and never pass", () => {
    for (let length = 0; length <= 2000; length++) {
      const text = "8".padEnd(length, "Ab+/9z").slice(0, length);
      const reason = reasonOf(text, keys);
      expect(["malformed", "no-key"]).toContain(reason);
    }
  });

  it("never throw and never pass", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 1600 }),
      fc
        .tuple(fc.constantFrom(..."89+/"), fc.constantFrom(...lengths))
        .chain(([first, length]) =>
          fc.string({ unit: base64, minLength: length - 1, maxLength: length - 1 }).map((rest) => first + rest),
        ),
    );
    fc.assert(
      fc.property(text, (each) => {
        const opened = openPacket(each, keys);
        return "reason" in opened && !("key" in opened);
      }),
      { numRuns: RUNS / 2 },
    );
  });

  it("of a good packet, changed anywhere and anyhow, never pass", () => {
    const good = packet({ nowS: NOW_S });
    const change = fc.record({
      at: fc.nat(good.length),
      cut: fc.nat(4),
      put: fc.oneof(fc.string({ unit: base64, maxLength: 4 }), fc.string({ maxLength: 4 })),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = changes.reduce(
          (text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut),
          good,
        );
        return changed === good || "reason" in openPacket(changed, keys);
      }),
      { numRuns: RUNS / 4 },
    );
  });

  it("in well-signed blocks never throw", () => {
    const blocks = fc
      .integer({ min: 3, max: 20 })
      .chain((count) => fc.uint8Array({ minLength: count * 16, maxLength: count * 16 }));
    const text = fc.string({ unit: fc.constantFrom(..."0123456789:ABCabc+/.,"), minLength: 48, maxLength: 300 });
    fc.assert(
      fc.property(
        fc.oneof(
          blocks,
          text.map((each) => padded(Buffer.from(`${"1".repeat(16)}:${each}`))),
        ),
        (each) => {
          const opened = openPacket(signed(each), keys);
          return "reason" in opened;
        },
      ),
      { numRuns: RUNS / 4 },
    );
  });
});
