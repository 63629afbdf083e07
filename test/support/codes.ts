// Codes for tests: what an authenticator app would show, and the knocks that it means.

import { codeAt, stepOf } from "../../src/core/totp/code.ts";
import { codePorts } from "../../src/core/totp/totp.ts";
import { CODE_SECRET } from "./rig.ts";

/** The code of this moment, or of so many steps later. */
export function codeNow(later = 0, digits = 6, wallMs = Date.now()): string {
  return codeAt(CODE_SECRET, digits, stepOf(wallMs) + later);
}

/** A code that is not good at any time near, and that differs for each number. */
export function wrongCode(number = 0, digits = 6): string {
  const near = new Set(Array.from({ length: 41 }, (_, index) => codeNow(index - 20, digits)));
  const wrong = Array.from({ length: 100 + number }, (_, index) => String(100_000 + 7 * index).padStart(digits, "0"));
  return wrong.filter((code) => !near.has(code))[number] ?? "";
}

/** In the rig's language: `S20049 S20128 S20217`; `who` such as `Y:`. */
export function knocksOf(code: string, who = "", firstPort = 20_000): string {
  return codePorts(code, firstPort)
    .map(({ number }) => `${who}S${number}`)
    .join(" ");
}
