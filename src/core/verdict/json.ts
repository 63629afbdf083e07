// A sighting as one JSON object, for `--json` and the control socket: keys as in the rest of our JSON, words beside the facts.
import type { Sighting } from "./verdict.ts";
import { sightingWords } from "./verdict-words.ts";

/** BOUNDED: verdicts in one object; a thousand doors may share a port. */
const VERDICTS_MAX = 256;

/** `at` is the time in ISO 8601, `agoMs` already taken off. */
export function sightingJson(sighting: Sighting, at: string): Record<string, unknown> {
  const { source, knock, spa, verdicts } = sighting;
  const event = knock === undefined ? "timeout" : "knock";
  return {
    event,
    at,
    source,
    ...knock,
    ...(spa === undefined ? {} : { spa: withSnakeCase(spa) }),
    verdicts: verdicts.slice(0, VERDICTS_MAX).map(withSnakeCase),
    text: sightingWords(sighting),
  };
}

function withSnakeCase(facts: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}
