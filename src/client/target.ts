// One word of the command line after the host -> the port to knock on: 7000, 7000:udp, 100/icmp, ssh, domain:udp.

import { EXIT, Failure } from "../core/exit.ts";
import { type Port, parsePort } from "../core/port.ts";

export type FindService = (name: string, protocol: string) => number | undefined;

const NUMBER = /^\d+(?:[/:]|$)/;
/** Names may begin with a digit (`3com-tsmux`), but hold a letter (RFC 6335). */
const NAME = /^(?<name>[\w.+-]*[a-z][\w.+-]*)(?:[/:](?<protocol>\w+))?$/i;

const FORMS = "a port is 7000, 7000/udp, 100/icmp or a name from /etc/services";

export function parseTarget(text: string, allUdp: boolean, findService: FindService): Port {
  const port = NUMBER.test(text) ? readPort(text, text) : readService(text, allUdp, findService);
  // The number of an icmp knock is a size, no port: "all ports are udp" does not speak of it.
  return allUdp && port.protocol === "tcp" ? { ...port, protocol: "udp" } : port;
}

function readService(text: string, allUdp: boolean, findService: FindService): Port {
  const { name, protocol = "tcp" } = NAME.exec(text)?.groups ?? {};
  if (name === undefined) throw new Failure(EXIT.FAILED, `expected a port, got ${JSON.stringify(text)}`, FORMS);
  const wanted = allUdp ? "udp" : protocol.toLowerCase();
  const number = findService(name, wanted);
  if (number !== undefined) return readPort(`${number}/${wanted}`, text);
  throw new Failure(EXIT.FAILED, `unknown ${wanted} service ${JSON.stringify(name)}`, FORMS);
}

function readPort(portText: string, given: string): Port {
  try {
    return parsePort(portText);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Failure(EXIT.FAILED, error.message, portText === given ? undefined : `from /etc/services, for ${given}`);
  }
}
