// What somebody needs to send signed packets with a key: the daemon's side, fwknop's client, our own, the apps' QR code.

import { formatPort, type Port } from "../port.ts";
import { base64 } from "./key-file.ts";

export interface Enrolment {
  readonly name: string;
  readonly file: string;
  readonly host: string;
  readonly doors: readonly string[];
  readonly ports: readonly Port[];
  readonly spaPort: number;
  readonly key: Uint8Array;
  readonly hmacKey: Uint8Array;
}

const SPA_PORT_DEFAULT = 62_201;

/** For knockd.yaml. */
export function configText({ name, file, doors }: Enrolment): string {
  return `keys:\n  ${name}: { file: ${JSON.stringify(file)}, doors: [${doors.join(", ")}] }`;
}

/** For ~/.fwknoprc. */
export function fwknopText({ name, host, ports, spaPort, key, hmacKey }: Enrolment): string {
  return [
    `[${name}]`,
    `SPA_SERVER       ${host}`,
    ...(spaPort === SPA_PORT_DEFAULT ? [] : [`SPA_SERVER_PORT  ${spaPort}`]),
    `ACCESS           ${ports.map(({ protocol, number }) => `${protocol}/${number}`).join(",")}`,
    `KEY_BASE64       ${base64(key)}`,
    `HMAC_KEY_BASE64  ${base64(hmacKey)}`,
    "USE_HMAC         Y",
  ].join("\n");
}

/** For our own knock: ~/.config/knock/config.yaml. */
export function profileText({ name, host, ports, spaPort, key, hmacKey }: Enrolment): string {
  const port = spaPort === SPA_PORT_DEFAULT ? "" : `, port: ${spaPort}/udp`;
  const open = ports.map(formatPort).join(", ");
  const spa = `{ key: ${quoted(key)}, hmac_key: ${quoted(hmacKey)}, open: [${open}]${port} }`;
  return `profiles:\n  ${name}:\n    host: ${JSON.stringify(host)}\n    spa: ${spa}`;
}

/** What Fwknop2 and fwknop-gui read from a QR code. */
export function qrText({ key, hmacKey }: Enrolment): string {
  return `KEY_BASE64:${base64(key)} HMAC_KEY_BASE64:${base64(hmacKey)}`;
}

function quoted(bytes: Uint8Array): string {
  return JSON.stringify(base64(bytes));
}
