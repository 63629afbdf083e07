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

/** `-d, --delay MS` -> its flags, and what it takes. */
export function readOption({ flags, says }: OptionText): Option {
  const value = / <?([A-Za-z][\w-]*)>?$/.exec(flags)?.[1];
  return { flags: flags.match(/(?<!\w)--?\w[\w-]*/g) ?? [], takes: value?.toLowerCase(), says };
}
