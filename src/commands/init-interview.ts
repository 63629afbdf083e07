// What `knockd init` asks, with what this machine suggests as an answer.
import { formatAddress, parseAddress } from "../core/address.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { type Host, parseHost } from "../core/host.ts";
import {
  type Answers,
  readAllowed,
  readInterface,
  readOpenTime,
  readServicePort,
  readSteps,
  readYes,
} from "../core/init-answers.ts";
import { formatPort, type Port, portKey } from "../core/port.ts";
import type { SshSession } from "../core/ssh-session.ts";
import { suggestSequence } from "../core/suggest.ts";
import { reasonOf } from "../core/words.ts";
import { type Link, type Links, learnLinks } from "../doctor/links.ts";
import { portsInUse } from "../io/listening.ts";
import { ANY } from "../io/network.ts";
import { randomFraction } from "../io/secret.ts";
import { sshSession } from "../io/ssh-session.ts";
import { settle } from "./init-ask.ts";

const OPEN_TIME = "30s";
const SSH: Port = { protocol: "tcp", number: 22 };

export interface Flags {
  readonly interface?: string;
  readonly port?: string;
  readonly sequence?: string;
  readonly for?: string;
  readonly host?: string;
  readonly allow?: string | false;
}

export class Interview {
  readonly #flags: Flags;
  readonly #quiet: boolean;
  readonly #session: SshSession | undefined;
  readonly #links: Links;
  /** BOUNDED: by the ports of this machine. */
  readonly #inUse: ReadonlySet<number>;

  static async begin(flags: Flags, quiet: boolean): Promise<Interview> {
    return new Interview(flags, quiet, sshSession(), await learnLinks([]), await portsInUse());
  }

  private constructor(
    flags: Flags,
    quiet: boolean,
    session: SshSession | undefined,
    links: Links,
    inUse: ReadonlySet<number>,
  ) {
    this.#flags = flags;
    this.#quiet = quiet;
    this.#session = session;
    this.#links = links;
    this.#inUse = inUse;
  }

  async answers(): Promise<Answers> {
    const name = await this.#interface();
    const port = await this.#port();
    const steps = await this.#steps(port);
    const forMs = await this.#openTime();
    const allow = await this.#allow();
    return { interface: name, port, steps, forMs, ...(allow === undefined ? {} : { allow }) };
  }

  isSsh({ protocol, number }: Port): boolean {
    return protocol === SSH.protocol && number === (this.#session?.port ?? SSH.number);
  }

  /** Where knocks have to go: where the session came to, else the interface's own address. */
  address(name: string): string | undefined {
    const links = this.#links.links.filter((link) => name === ANY || link.name === name);
    const own = links.filter((link) => link.name !== "lo").flatMap(({ addresses }) => addresses);
    const { local } = this.#session ?? {};
    return local !== undefined && own.some((text) => canonical(text) === local) ? local : own[0];
  }

  #interface(): Promise<string> {
    const links = this.#links.links.filter(({ name }) => name !== "lo");
    const known = [...links.map(({ name }) => name), ANY];
    const question = {
      flag: "--interface",
      text: `Where do knocks come in? Here are ${links.map(linkText).join(", ")}; ${ANY} means all of them.`,
      usual: links.find((link) => this.#heard(link))?.name ?? this.#links.wanted[0] ?? ANY,
      read: (text: string) => readInterface(text, known),
    };
    return settle(question, this.#flags.interface, this.#quiet);
  }

  #port(): Promise<Port> {
    const sshd =
      this.#session ?? (this.#inUse.has(portKey(SSH.protocol, SSH.number)) ? { port: SSH.number } : undefined);
    const question = {
      flag: "--port",
      text: "Which port shall be hidden, and open to those who knock? Such as 22/tcp, or 1194/udp.",
      usual: sshd === undefined ? undefined : `${sshd.port}/tcp`,
      read: readServicePort,
    };
    return settle(question, this.#flags.port, this.#quiet);
  }

  #steps(port: Port): Promise<readonly Port[]> {
    const question = {
      flag: "--sequence",
      text: "Which ports are the knock, in order? These are random, or choose your own.",
      usual: this.#suggestion(port).map(formatPort).join(","),
      read: (text: string) => readSteps(text, port),
    };
    return settle(question, this.#flags.sequence, this.#quiet);
  }

  /** A step on a port that is used would be touched by its users. */
  #suggestion(hidden: Port): Port[] {
    for (;;) {
      const steps = readSuggested(hidden);
      const isFree = ({ protocol, number }: Port) => !this.#inUse.has(portKey(protocol, number));
      if (steps?.every(isFree)) return steps;
    }
  }

  #openTime(): Promise<number> {
    const text = "How long does it stay open after a knock? Long enough to connect; what is connected stays.";
    return settle({ flag: "--for", text, usual: OPEN_TIME, read: readOpenTime }, this.#flags.for, this.#quiet);
  }

  async #allow(): Promise<string | undefined> {
    const { allow } = this.#flags;
    if (allow === false) return undefined;
    if (allow !== undefined) return settle(allowQuestion(readAllowed), allow, true);
    const peer = this.#session?.peer;
    if (peer === undefined) return undefined;
    const text = `You are logged in from ${peer}. Shall that address always get in, without a knock? Until yours works, better so.`;
    const question = { flag: "--allow", text, usual: "y", shown: "Y/n", read: readYes };
    return (await settle(question, undefined, this.#quiet)) ? peer : undefined;
  }

  /** Where the session came in, knocks from there come in, too. */
  #heard({ addresses }: Link): boolean {
    return addresses.some((text) => canonical(text) === this.#session?.local);
  }
}

/** The machine as a knocker calls it. */
export function hostOf(flag: string | undefined, address: string | undefined): Host {
  try {
    return parseHost(flag ?? address ?? "HOST");
  } catch (error) {
    throw new Failure(EXIT.USAGE, `--host: ${reasonOf(error)}`);
  }
}

function allowQuestion(read: (text: string) => string) {
  return { flag: "--allow", text: "", usual: undefined, read };
}

function readSuggested(hidden: Port): Port[] | undefined {
  try {
    return readSteps(suggestSequence(randomFraction), hidden);
  } catch {
    return undefined;
  }
}

function linkText({ name, addresses }: Link): string {
  return addresses.length === 0 ? name : `${name} (${addresses.join(" ")})`;
}

function canonical(text: string): string | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}
