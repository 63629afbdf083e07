// Between foreign text and a terminal or a log: what would move the cursor, colour, hide or turn round what is read, is shown as what
// it is. Files of others, names, and errors that quote them come through here.

/** From, to. */
const UNPRINTABLE_RANGES = [
  // Control characters: C0 but tab and newline, DEL and C1.
  [0x00, 0x08],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  // Marks that turn the direction of writing (UAX 9: the "Trojan Source" attack), and those without a width.
  [0x061c, 0x061c],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  // Ends of lines that only some programs see.
  [0x2028, 0x2029],
] as const;
const RANGES = UNPRINTABLE_RANGES.map((range) => range.map((code) => `\\u{${code.toString(16)}}`).join("-"));
/** And halves of surrogate pairs. */
const UNPRINTABLE = new RegExp(`[${RANGES.join("")}]|\\p{Cs}`, "gu");

/** `\u001b` for an escape, as JSON and YAML write it, so that what is printed as JSON means the same. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** For the log: one line, and a question mark for each. */
export function printableLine(text: string): string {
  return text.replaceAll("\n", " | ").replaceAll("\t", "?").replace(UNPRINTABLE, "?");
}
