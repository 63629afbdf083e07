// What strangers, and files of strangers, reach first: each target takes bytes, and may throw nothing but what it says of bad input.

import { parseUri } from "../../build/src/client/uri.js";
import { AddressSet, familyOf, parseAddress } from "../../build/src/core/address.js";
import { CaptureReader } from "../../build/src/core/capture/capture-reader.js";
import { parseConfig } from "../../build/src/core/config/config.js";
import { readRequest } from "../../build/src/core/control/requests.js";
import { decode } from "../../build/src/core/decode.js";
import { emptyKnock } from "../../build/src/core/frame.js";
import { UNTOUCHED_GROUND } from "../../build/src/core/guard/guard.js";
import { Judge } from "../../build/src/core/judge.js";
import { readLedger } from "../../build/src/core/ledger.js";
import { readOnce } from "../../build/src/core/once.js";
import { parseOneTime } from "../../build/src/core/one-time.js";
import { parseKeyFile } from "../../build/src/core/spa/key-file.js";
import { open, prepare } from "../../build/src/core/spa/open-packet.js";
import { DirectOpener } from "../../build/src/core/spa/opener.js";
import { parseSecretFile } from "../../build/src/core/totp/code.js";
import { readCode } from "../../build/src/core/totp/totp.js";
import { watchlistFor } from "../../build/src/core/watchlist.js";
import { importFwknop } from "../../build/src/import/fwknop-import.js";
import { importKnockd } from "../../build/src/import/knockd-import.js";

/** Linux's and pcap's numbers of link layers: the first byte of an input chooses one. */
const LINK_TYPES = [0, 1, 12, 101, 113, 228, 229, 276];
const KEY = { name: "a", file: "/a", doors: ["ssh"], source: "match", prefixes: {}, legacy: [], mode: "cbc" };
const SIGNED = { ...KEY, hmac: "sha256", key: Buffer.alloc(32, 1), hmacKey: Buffer.alloc(64, 2) };
/** Without a signature whatever is sent is deciphered. */
const UNSIGNED = { ...KEY, hmac: "sha256", legacy: ["no-hmac"], key: Buffer.alloc(32, 1), hmacKey: undefined };

/** Every way to earn a door, with ports that small numbers reach. */
const RULES = parseConfig(`
doors:
  ssh: { sequence: [1/tcp, 2/udp, 3/icmp, 1/tcp], seq_cooldown: 1 }
  any: { sequence: [1/tcp, 4/tcp], tcpflags: any }
  code: { totp: { secret_file: /k, ports: 200-499 } }
  both: { sequence: 5/udp, totp: { secret_file: /k, ports: 500-799 }, require: [sequence, totp] }
  packet: { spa: true, open: 22 }
`).config;
const SECRET = Buffer.from("12345678901234567890");
const OWN = parseAddress("198.51.100.1");
const OWN_6 = parseAddress("2001:db8::1");
const LOCAL = new AddressSet([OWN, OWN_6]);
/** Of each piece of an input: how much time passes, whose packet it is, whatever link layer. */
const HEAD_BYTES = 3;
const KEYS = prepare([SIGNED, UNSIGNED]);

const knock = emptyKnock();
const PACKET_KEY = { ...SIGNED, doors: ["packet"] };
/** Small, so that it is full soon. */
const JUDGE_ATTEMPTS_MAX = 8;

/** All that an input can be remembered by is older by then. */
const FORGOTTEN_MS = 3_600_000;
/** RFC 6238, appendix B: 287082 is good then. */
const CODE_MS = 59_000;
const JUDGED_BY = {
  doors: RULES.doors,
  guards: watchlistFor(RULES.doors, true, UNTOUCHED_GROUND, [1, 2, 3, 4], 4).guards,
  keys: [PACKET_KEY],
  spaPort: 4,
  spaMaxAgeMs: 1000,
  codeSecrets: new Map(RULES.doors.filter(({ totp }) => totp !== undefined).map(({ name }) => [name, SECRET])),
};
/** Not without codes: the tables for them would be made anew each time. */
const NOTHING_OF_BEFORE = {
  doors: parseConfig("doors: { other: { totp: { secret_file: /k, ports: 900-1199 } } }").config.doors,
  codeSecrets: new Map([["other", SECRET]]),
};
let fuzzedMs = 0;
/** Whatever is found is found of a knock that was begun. */
let isBegun = false;
const report = {
  begins: () => {
    isBegun = true;
    return true;
  },
  found: () => {
    if (!isBegun) throw new Error("a finding without a knock");
  },
  dropped: () => {},
  timedOut: () => {},
  ends: () => {
    isBegun = false;
  },
};
const used = { has: () => false, mayHaveForgotten: () => false, add: () => true };
const judge = new Judge(
  { report, usedPackets: used, usedCodes: used, opener: new DirectOpener(), seed: 1, attemptsMax: JUDGE_ATTEMPTS_MAX },
  ({ door, ip }) => {
    if (!RULES.doors.includes(door)) throw new Error(`earned what is no door: ${door.name}`);
    if (parseAddress(ip) === undefined) throw new Error(`earned for what is no address: ${ip}`);
  },
);

const text = (bytes) => bytes.toString("utf8");

export const TARGETS = {
  decode(bytes) {
    const linkType = LINK_TYPES[(bytes[0] ?? 0) % LINK_TYPES.length];
    decode({ bytes, start: 1, end: bytes.length, wireLength: bytes.length + 40, linkType, timeMs: 0 }, knock);
  },
  /** Frames through the one judge of all ways, one after the other: each begins with its length. */
  judge(bytes) {
    // What the input before has left is forgotten, and long ago.
    judge.apply({ ...JUDGED_BY, ...NOTHING_OF_BEFORE });
    judge.apply(JUDGED_BY);
    fuzzedMs += FORGOTTEN_MS;
    let nowMs = fuzzedMs;
    for (let at = 0; at + HEAD_BYTES < bytes.length; ) {
      const start = at + HEAD_BYTES;
      const end = Math.min(bytes.length, start + bytes[at]);
      nowMs += bytes[at + 1] ** 2;
      const linkType = LINK_TYPES[bytes[at + 2] % LINK_TYPES.length];
      const frame = { bytes, start, end, wireLength: end - start, linkType, timeMs: CODE_MS + nowMs - fuzzedMs };
      if (decode(frame, knock)) {
        // Else nearly all would be for somebody else.
        if ((bytes[at + 2] & 128) === 0) knock.destination.set(familyOf(knock.source) === 4 ? OWN : OWN_6);
        judge.see({ frame, knock, local: LOCAL, nowMs });
      }
      if ((bytes[at + 2] & 64) !== 0) judge.sweep(nowMs);
      if (judge.attempts < 0 || judge.attempts > 3 * JUDGE_ATTEMPTS_MAX) throw new Error(`${judge.attempts} attempts`);
      at = Math.max(end, at + HEAD_BYTES + 1);
    }
    judge.underWay(100, nowMs);
  },
  /** pcap and pcapng, in two chunks. */
  capture(bytes) {
    const reader = new CaptureReader((frame) => decode(frame, knock));
    const half = bytes.length >> 1;
    for (const chunk of [bytes.subarray(0, half), bytes.subarray(half)]) reader.push(Uint8Array.from(chunk));
    reader.end();
  },
  packet: (bytes) => void open(bytes.toString("latin1"), KEYS),
  code: (bytes) => void [readCode(text(bytes)), parseSecretFile(text(bytes))],
  key: (bytes) => void parseKeyFile(text(bytes), []),
  control: (bytes) => void readRequest(text(bytes)),
  knockdConf(bytes) {
    for (const modern of [false, true]) importKnockd(bytes, { file: "knockd.conf", modern });
  },
  accessConf: (bytes) => void importFwknop(text(bytes), { file: "access.conf", directory: "/k", makesKeys: true }),
  uri: (bytes) => void parseUri(text(bytes)),
  yaml: (bytes) => void parseConfig(text(bytes)),
  state: (bytes) => void [readLedger(text(bytes).split("\n")), readOnce(text(bytes).split("\n")), parseOneTime(bytes)],
};
