// What somebody needs to open a door by codes: what an authenticator app reads, and a profile for our own client.
import { TOTP } from "otpauth";
import type { CodeRule } from "../door.ts";
import { base32, type CodeSecret, STEP_MS, stepOf } from "./code.ts";
import { formatCodeRange } from "./totp.ts";
import { type CodeWindow, DRIFT_STEPS } from "./window.ts";

const ISSUER = "knockd";

/** `otpauth://totp/knockd:LABEL?...`, the form of a QR code for all apps. */
export function otpauthText(secret: CodeSecret, { digits }: CodeRule, label: string): string {
  return new TOTP({ issuer: ISSUER, label, secret: base32(secret), digits, period: STEP_MS / 1000 }).toString();
}

/** For ~/.config/knock/config.yaml. Without the secret, which is better kept in one place only. */
export function codeProfileText(door: string, host: string, { firstPort, digits }: CodeRule): string {
  const kind = digits === 6 ? "" : `, digits: ${digits}`;
  return `profiles:\n  ${door}:\n    host: ${JSON.stringify(host)}\n    totp: { ports: ${formatCodeRange(firstPort, digits)}${kind} }`;
}

/** Undefined: the code is good now. Otherwise why not, in words for whoever has typed it. */
export function codeFault(code: string, window: CodeWindow, wallMs: number): string | undefined {
  const step = stepOf(wallMs);
  const [nearest] = window.stepsOf(code, step);
  if (nearest === undefined) return "it is none of this secret: was another one scanned before?";
  const steps = nearest - step;
  if (Math.abs(steps) <= DRIFT_STEPS) return undefined;
  const seconds = Math.abs(steps) * (STEP_MS / 1000);
  return `it is of ${seconds} s ${steps < 0 ? "ago" : "from now"}: set the phone's clock, or this machine's`;
}
