// A program as shells and man pages see it: its commands, its options, and what they take.

export interface Option {
  /** `-c`, `--config`. */
  readonly flags: readonly string[];
  /** `file`; undefined: no value, or one that may be left out. */
  readonly takes: string | undefined;
  readonly says: string;
}

export interface Program {
  readonly name: string;
  readonly says: string;
  readonly options: readonly Option[];
  /** The names of its arguments, in order: `door`, `address`. */
  readonly takes: readonly string[];
  readonly commands: readonly Program[];
}

export interface OptionText {
  /** `-d, --delay MS`. */
  readonly flags: string;
  readonly says: string;
}

/** `  -d, --delay MS    wait ...`, and lines that go on below it. */
const OPTION_LINE = /^ {2}(-.*?) {2,}(\S.*)$/;
const MORE_LINE = /^ {10,}(\S.*)$/;

/** The options that a usage text lists, section by section: `options`, `profiles`. */
export function optionsOfUsage(usage: string): Map<string, OptionText[]> {
  const sections = new Map<string, OptionText[]>();
  let section: OptionText[] = [];
  for (const line of usage.split("\n")) {
    const [, flags, says] = OPTION_LINE.exec(line) ?? [];
    const more = MORE_LINE.exec(line)?.[1];
    const last = section.at(-1);
    if (/^\S.*:$/.test(line) || line === "") {
      section = [];
      if (line !== "") sections.set(line.slice(0, -1), section);
    } else if (flags !== undefined && says !== undefined) section.push({ flags, says });
    else if (more !== undefined && last !== undefined)
      section.splice(-1, 1, { flags: last.flags, says: `${last.says} ${more}` });
  }
  return sections;
}

/** `-d, --delay MS` -> its flags, and what it takes. */
export function readOption({ flags, says }: OptionText): Option {
  const value = / <?([A-Za-z][\w-]*)>?$/.exec(flags)?.[1];
  return { flags: flags.match(/(?<!\w)--?\w[\w-]*/g) ?? [], takes: value?.toLowerCase(), says };
}
