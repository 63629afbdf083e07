// A word that nobody knows -> the known word that was probably meant.
import leven from "leven";

/** The largest edit distance at which a word is still taken for a typing error. */
const TYPO_DISTANCE = 3;
/** BOUNDED: how much of a word is compared. */
const WORD_MAX = 80;

export function nearest(word: string, known: readonly string[]): string | undefined {
  const written = word.slice(0, WORD_MAX).toLowerCase();
  const [closest] = known
    .map((name) => ({ name, distance: leven(name.toLowerCase(), written) }))
    .sort((a, b) => a.distance - b.distance);
  if (closest === undefined) return undefined;
  const tolerated = Math.min(TYPO_DISTANCE, (Math.min(written.length, closest.name.length) - 1) / 2);
  return closest.distance <= tolerated ? closest.name : undefined;
}
