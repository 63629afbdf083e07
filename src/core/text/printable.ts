// Between foreign text and a terminal or a log: what would move the cursor, colour, hide or turn round what is read, is shown as what
// it is. Files of others, names, and errors that quote them come through here.

/**
 * Control characters (C0 but tab and newline, DEL, C1), the marks that turn the direction of writing (UAX 9: the "Trojan Source"
 * attack), those without a width, line separators that only some programs see, and halves of surrogate pairs.
 */
const UNPRINTABLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}/gu;

/** `\u001b` for an escape, as JSON and YAML write it, so that what is printed as JSON means the same. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** For the log: one line, and a question mark for each. */
export function printableLine(text: string): string {
  return text.replaceAll("\n", " | ").replaceAll("\t", "?").replace(UNPRINTABLE, "?");
}
