// Plain words -> mdoc(7), the language of the manual pages.

/** Safe within a line: a backslash, and what troff would take for a request at its beginning. */
export function text(words: string): string {
  return words
    .replaceAll("\\", "\\e")
    .replace(/^(?=[.'])/gm, "\\&")
    .replace(/`([^`]+)`/g, "\\fB$1\\fR");
}

/** An argument of a macro: what is read as a macro's name, or as punctuation, is not meant so. */
export function argument(word: string): string {
  const escaped = text(word);
  return /^[A-Z]\w{0,2}$|^[.,:;()[\]?!|]$/.test(word) ? `\\&${escaped}` : escaped;
}

/** With an end; a new sentence begins on a new line, as mdoc wants it. */
export function sentences(words: string): string {
  return text(`${words}${/[.!?]$/.test(words) ? "" : "."}`.replace(/([.!?]) (?=[A-Z%])/g, "$1\n"));
}

/** Paragraphs; lines that are set in are shown as they stand. */
export function prose(words: string): string {
  const parts: string[] = [];
  for (const block of words.trim().split(/\n\n+/)) {
    const lines = block.split("\n");
    const spoken = lines.filter((line) => !line.startsWith("  "));
    const shown = lines.filter((line) => line.startsWith("  "));
    if (spoken.length > 0) parts.push(".Pp", sentencesOrTitle(spoken.join(" ")));
    if (shown.length > 0) parts.push(literal(shown.map((line) => line.slice(2))));
  }
  return parts.join("\n");
}

/** `Example:` stays as it is. */
function sentencesOrTitle(words: string): string {
  return words.endsWith(":") ? text(words) : sentences(words);
}

function literal(lines: readonly string[]): string {
  return [".Bd -literal -offset indent", ...lines.map((line) => text(line.replaceAll("`", "\\(ga"))), ".Ed"].join("\n");
}

export interface Item {
  /** Macros: `Fl c , Fl Fl config Ar file`. */
  readonly head: string;
  readonly body: string;
}

export function list(items: readonly Item[]): string {
  return [".Bl -tag -width Ds", ...items.map(({ head, body }) => `.It ${head}\n${body}`), ".El"].join("\n");
}
