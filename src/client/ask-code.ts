// The code of an authenticator app: typed by its user, or made here from the secret.

import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { EXIT, Failure } from "../core/exit.ts";

/** Standard input and output may be ssh's, so the person is asked where they sit. */
const TERMINAL = "/dev/tty";
/** BOUNDED: bytes of an answer. */
const ANSWER_MAX = 64;

/** RFC 6238 with what all apps take for granted: SHA-1, steps of 30 seconds. */
export async function codeOfNow(secret: string, digits: number, nowMs = Date.now()): Promise<string> {
  const { Secret, TOTP } = await import("otpauth");
  return new TOTP({ secret: Secret.fromBase32(secret), digits, period: 30 }).generate({ timestamp: nowMs });
}

/** What is typed can be seen: it is worth nothing once it has been used, and a typing error costs a code. */
export function promptForCode(profile: string): string {
  let terminal: number;
  try {
    terminal = openSync(TERMINAL, "r+");
  } catch {
    throw new Failure(
      EXIT.FAILED,
      `profile ${JSON.stringify(profile)} needs a code, and there is no terminal to ask at`,
      'give it with "--code"',
    );
  }
  try {
    writeSync(terminal, `code for ${profile}: `);
    const answer = Buffer.alloc(ANSWER_MAX);
    return answer.toString("utf8", 0, readSync(terminal, answer)).trim();
  } finally {
    closeSync(terminal);
  }
}
