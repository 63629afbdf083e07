// Characters that look like others, or like nothing, as word processors and web pages make them: named, with their column.

export interface OddCharacter {
  /** From 1. */
  readonly column: number;
  /** `U+00A0 (no-break space)` */
  readonly name: string;
}

/** By code point: what it is called, and what stands for it in a config. */
const ODD = new Map<number, string>([
  [0xa0, "no-break space"],
  [0xad, "soft hyphen"],
  [0x2028, "line separator"],
  [0x2029, "paragraph separator"],
  [0x202f, "narrow no-break space"],
  [0x205f, "mathematical space"],
  [0x2060, "word joiner"],
  [0x3000, "ideographic space"],
  [0x200b, "zero width space"],
  [0x200c, "zero width non-joiner"],
  [0x200d, "zero width joiner"],
  [0x200e, "left-to-right mark"],
  [0x200f, "right-to-left mark"],
  [0xfeff, "byte order mark"],
  [0x2010, "hyphen, not -"],
  [0x2011, "no-break hyphen, not -"],
  [0x2012, "figure dash, not -"],
  [0x2013, "en dash, not -"],
  [0x2014, "em dash, not -"],
  [0x2015, "horizontal bar, not -"],
  [0x2212, "minus sign, not -"],
  [0x2018, "quotation mark, not '"],
  [0x2019, "quotation mark, not '"],
  [0x201a, "quotation mark, not '"],
  [0x201c, 'quotation mark, not "'],
  [0x201d, 'quotation mark, not "'],
  [0x201e, 'quotation mark, not "'],
  [0xab, 'quotation mark, not "'],
  [0xbb, 'quotation mark, not "'],
  [0x2026, "ellipsis, not ..."],
  [0xff0c, "full-width comma"],
  [0xff1a, "full-width colon"],
  [0xff05, "full-width percent sign"],
  [0xff1d, "full-width equals sign"],
]);

/** BOUNDED: how many of a line are named. */
const NAMED_MAX = 4;

export function oddCharacters(line: string): OddCharacter[] {
  const found: OddCharacter[] = [];
  let column = 0;
  for (const character of line) {
    column++;
    const code = character.codePointAt(0) ?? 0;
    const name = ODD.get(code) ?? (code >= 0x2000 && code <= 0x200a ? "typographic space" : controlName(code));
    if (name !== undefined && found.length < NAMED_MAX)
      found.push({ column, name: `U+${code.toString(16).toUpperCase().padStart(4, "0")} (${name})` });
  }
  return found;
}

/** `holds U+2013 (en dash, not -) at column 12`; undefined: there is none. */
export function oddText(line: string): string | undefined {
  const odd = oddCharacters(line);
  return odd.length === 0
    ? undefined
    : `holds ${odd.map(({ name, column }) => `${name} at column ${column}`).join(", ")}`;
}

function controlName(code: number): string | undefined {
  return (code < 0x20 && code !== 9 && code !== 10 && code !== 13) || (code >= 0x7f && code < 0xa0)
    ? "control character"
    : undefined;
}
