// A sighting on the terminal: with the time of day, which is what one looks for.
import { toneOf } from "../core/verdict/tone.ts";
import { sightingLine } from "../core/verdict/verdict-words.ts";
import { painted, print } from "../io/terminal.ts";

export interface Told {
  readonly at: Date;
  readonly source: string;
  readonly port: string | undefined;
  readonly words: string;
  /** What happened at each door. */
  readonly outcomes: readonly string[];
}

/** `12:03:11.204 198.51.100.7    8001/tcp  ssh: ...` */
export function printSighting({ at, source, port, words, outcomes }: Told): void {
  print(painted(toneOf(outcomes), `${timeOfDay(at)} ${sightingLine(source, port, words)}`));
}

/** `2026-11-23`. */
export function dayOf(at: Date): string {
  return `${at.getFullYear()}-${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())}`;
}

function timeOfDay(at: Date): string {
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join(":");
  return `${time}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
