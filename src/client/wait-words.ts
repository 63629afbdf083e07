// What waiting for a service came to, in words.

import { formatPort, type Port } from "../core/port.ts";
import type { Answer } from "./wait.ts";

const REASONS: Record<string, string> = {
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  EADDRNOTAVAIL: "no address to reach it from",
  EACCES: "forbidden on this machine",
  EPERM: "forbidden by the firewall of this machine",
};

export function answerWords(port: Port, answer: Answer): string {
  const service = formatPort(port);
  if (answer.outcome === "answered") return `${service} answered after ${secondsOf(answer.afterMs)}`;
  if (answer.outcome === "refused") {
    return `${service} refused: the door is open but nothing listens, or a firewall refuses for it`;
  }
  if (answer.outcome === "unreachable")
    return `${service}: ${wordsFor(answer.reason)}${answer.reason === "EHOSTUNREACH" ? ", or a firewall rejects it" : ""}`;
  if (port.protocol === "tcp") return `${service} does not answer: still hidden`;
  return `${service} is silent: it may be open all the same, for a udp service need not answer`;
}

/** Why something could not be sent. */
export function reasonWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? wordsFor(error.code) : error.message;
}

function wordsFor(code: string): string {
  return REASONS[code] ?? code;
}

function secondsOf(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
