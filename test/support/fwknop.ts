// Debian's own fwknop client in a lab: its rc file, its options, and the packet that it would send.
import { chmodSync, readFileSync } from "node:fs";
import type { KeySecrets } from "../../src/core/spa/key.ts";
import { formatKeyFile } from "../../src/core/spa/key-file.ts";
import { HOST, type Lab, words } from "./lab.ts";

export const SPA_PORT = 62_201;

/** A key of this number, other than all others. */
export function secretsOf(number: number): Required<KeySecrets> {
  return { key: Buffer.alloc(32, 16 + number), hmacKey: Buffer.alloc(64, 128 + number) };
}

/** The path of a key file as keygen makes it. */
export function writeKey(lab: Lab, name: string, secrets: KeySecrets): string {
  const file = lab.write(name, formatKeyFile(secrets));
  chmodSync(file, 0o600);
  return file;
}

export class Fwknop {
  readonly #lab: Lab;
  readonly #rc: string;
  #packets = 0;

  constructor(lab: Lab, { key, hmacKey }: KeySecrets) {
    this.#lab = lab;
    const hmac = hmacKey === undefined ? [] : ["USE_HMAC Y", `HMAC_KEY_BASE64 ${base64(hmacKey)}`];
    const lines = ["[server]", `SPA_SERVER ${HOST}`, `KEY_BASE64 ${base64(key)}`, ...hmac];
    this.#rc = lab.write(`fwknoprc-${base64(key).slice(0, 4)}-${hmac.length}`, `${lines.join("\n")}\n`);
    chmodSync(this.#rc, 0o600);
  }

  /** Sends one packet that asks for `from`'s own address, unless the options say otherwise. */
  async send(from: string, options: string): Promise<void> {
    await this.#run(from, this.#argv(from, options));
  }

  /** The packet that it would have sent. */
  async packet(from: string, options: string): Promise<string> {
    const file = `${this.#lab.directory}/packet-${++this.#packets}`;
    await this.#run(from, [...this.#argv(from, options), "--test", "-B", file]);
    return readFileSync(file, "latin1").trimEnd();
  }

  #argv(from: string, options: string): string[] {
    const own = words(`--rc-file ${this.#rc} -n server --no-save-args`);
    const address = /(^| )-[as] ?/.test(options) ? [] : ["-a", this.#lab.addressOf(from)];
    return ["fwknop", ...own, ...address, ...words(options)];
  }

  async #run(from: string, argv: readonly string[]): Promise<void> {
    // It reads and writes files in its home.
    await this.#lab.net.ok(from, argv, { env: { ...process.env, HOME: this.#lab.directory } });
  }
}

/** One datagram with exactly this text. */
export async function sendText(lab: Lab, from: string, text: string): Promise<void> {
  await lab.net.ok(from, words(`socat -u STDIN UDP4-SENDTO:${HOST}:${SPA_PORT}`), { input: text });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
