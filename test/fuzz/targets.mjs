// What strangers, and files of strangers, reach first: each target takes bytes, and may throw nothing but what it says of bad input.

import { parseUri } from "../../build/src/client/uri.js";
import { CaptureReader } from "../../build/src/core/capture/capture-reader.js";
import { parseConfig } from "../../build/src/core/config/config.js";
import { readRequest } from "../../build/src/core/control/requests.js";
import { decode } from "../../build/src/core/decode.js";
import { emptyKnock } from "../../build/src/core/frame.js";
import { readLedger } from "../../build/src/core/ledger.js";
import { readOnce } from "../../build/src/core/once.js";
import { parseOneTime } from "../../build/src/core/one-time.js";
import { parseKeyFile } from "../../build/src/core/spa/key-file.js";
import { open } from "../../build/src/core/spa/open-packet.js";
import { parseSecretFile } from "../../build/src/core/totp/code.js";
import { readCode } from "../../build/src/core/totp/totp.js";
import { importFwknop } from "../../build/src/import/fwknop-import.js";
import { importKnockd } from "../../build/src/import/knockd-import.js";

/** Linux's and pcap's numbers of link layers: the first byte of an input chooses one. */
const LINK_TYPES = [0, 1, 12, 101, 113, 228, 229, 276];
const KEY = { name: "a", file: "/a", doors: ["ssh"], source: "both", prefixes: {}, legacy: [], mode: "cbc" };
const SIGNED = { ...KEY, hmac: "sha256", key: Buffer.alloc(32, 1), hmacKey: Buffer.alloc(64, 2) };
/** Without a signature whatever is sent is deciphered. */
const UNSIGNED = { ...KEY, hmac: "sha256", legacy: ["no-hmac"], key: Buffer.alloc(32, 1), hmacKey: undefined };

const knock = emptyKnock();
const text = (bytes) => bytes.toString("utf8");

export const TARGETS = {
  decode(bytes) {
    const linkType = LINK_TYPES[(bytes[0] ?? 0) % LINK_TYPES.length];
    decode({ bytes, start: 1, end: bytes.length, wireLength: bytes.length + 40, linkType, timeMs: 0 }, knock);
  },
  /** pcap and pcapng, in two chunks. */
  capture(bytes) {
    const reader = new CaptureReader((frame) => decode(frame, knock));
    const half = bytes.length >> 1;
    for (const chunk of [bytes.subarray(0, half), bytes.subarray(half)]) reader.push(Uint8Array.from(chunk));
    reader.end();
  },
  packet: (bytes) => void open(bytes.toString("latin1"), [SIGNED, UNSIGNED]),
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
