// What `knockd init` asks: a question a key of the config, with what this machine suggests as an answer.

import { formatPort, type Port } from "../core/port.ts";
import { learnLinks } from "../doctor/links.ts";
import { portsInUse } from "../io/listening.ts";
import { randomFraction } from "../io/state/secret.ts";
import { runTool } from "../io/tool.ts";
import { sshSession } from "./find-ssh-session.ts";
import {
  type Answers,
  readAllowed,
  readInterface,
  readOpenTime,
  readServicePort,
  readSteps,
  readYes,
} from "./init-answers.ts";
import { type Question, settle } from "./init-ask.ts";
import { ALL_LINKS, guessInterface, guessPort, guessSteps, type Surroundings, sshPortsIn } from "./init-guess.ts";

const OPEN_TIME = "30s";
const LOOPBACK = "lo";

export interface Flags {
  readonly interface?: string;
  readonly port?: string;
  readonly sequence?: string;
  readonly for?: string;
  readonly allow?: string | false;
}

export async function lookAround(): Promise<Surroundings> {
  const { links, wanted } = await learnLinks([]);
  // Either may be missing on a small machine; then the usual port is asked for.
  const listening = await runTool(["ss", "-Hlntp"]).catch(() => "");
  const socket = await runTool(["systemctl", "show", "ssh.socket", "--property=Listen"]).catch(() => "");
  return {
    sshPorts: sshPortsIn(listening, socket),
    session: sshSession(),
    links: links.filter(({ name }) => name !== LOOPBACK),
    ofDefaultRoute: wanted[0],
    inUse: await portsInUse(),
  };
}

export async function interview(around: Surroundings, flags: Flags, quiet: boolean): Promise<Answers> {
  const name = await settle(interfaceQuestion(around), flags.interface, quiet);
  const port = await settle(portQuestion(around), flags.port, quiet);
  const steps = await settle(stepsQuestion(around, port), flags.sequence, quiet);
  const forMs = await settle(OPEN_TIME_QUESTION, flags.for, quiet);
  const allow = await allowed(around, flags, quiet);
  return { interface: name, port, steps, forMs, ...(allow === undefined ? {} : { allow }) };
}

function interfaceQuestion(around: Surroundings): Question<string> {
  const known = [...around.links.map(({ name }) => name), ALL_LINKS];
  const here = around.links.map(({ name, addresses }) =>
    addresses.length === 0 ? name : `${name} (${addresses.join(" ")})`,
  );
  return {
    flag: "--interface",
    text: `Where do knocks come in? Here are ${here.join(", ")}; ${ALL_LINKS} means all of them.`,
    usual: guessInterface(around),
    read: (text) => readInterface(text, known),
  };
}

function portQuestion(around: Surroundings): Question<Port> {
  const port = guessPort(around);
  return {
    flag: "--port",
    text: "Which port shall be hidden, and open to those who knock? Such as 22/tcp, or 1194/udp.",
    usual: port === undefined ? undefined : formatPort(port),
    read: readServicePort,
  };
}

function stepsQuestion(around: Surroundings, port: Port): Question<readonly Port[]> {
  return {
    flag: "--sequence",
    text: "Which ports are the knock, in order? These are random, or choose your own.",
    usual: guessSteps(around, port, randomFraction).map(formatPort).join(","),
    read: (text) => readSteps(text, port),
  };
}

const OPEN_TIME_QUESTION: Question<number> = {
  flag: "--for",
  text: "How long does it stay open after a knock? Long enough to connect; what is connected stays.",
  usual: OPEN_TIME,
  read: readOpenTime,
};

async function allowed({ session }: Surroundings, { allow }: Flags, quiet: boolean): Promise<string | undefined> {
  const flag = "--allow";
  if (allow === false) return undefined;
  if (allow !== undefined) return settle({ flag, text: "", usual: undefined, read: readAllowed }, allow, true);
  if (session === undefined) return undefined;
  const text = `You are logged in from ${session.peer}. Shall that address always get in, without a knock? Until yours works, better so.`;
  const isWanted = await settle({ flag, text, usual: "y", shown: "Y/n", read: readYes }, undefined, quiet);
  return isWanted ? session.peer : undefined;
}
