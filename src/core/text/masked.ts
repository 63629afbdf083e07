// Keeps keys out of messages: whatever quotes a value passes it through here, since a secret may stand where none belongs.

/** A run of base64 or base32; one with its padding is known by that, too. */
const RUN = /[A-Za-z0-9+/]{12,}={0,2}|[A-Za-z0-9+/]{10,}={1,2}(?![A-Za-z0-9])/g;
/** Of a run between two slashes: `usr`, `eth0`, `KEY`, `openSshDoor`, `4294974296`. */
const WORD = /^(?:[A-Z]{1,11}|[a-z]*(?:[A-Z][a-z]{2,})*)\d*$/;

/** Runs of letters and digits that are neither words nor paths nor numbers become `...`. */
export function masked(text: string): string {
  return text.replace(RUN, (run) => (run.split("/").every((part) => WORD.test(part)) ? run : "..."));
}
