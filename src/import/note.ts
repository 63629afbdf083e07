// What an import has to say about a line of the old file.

export interface Note {
  /** From 1; 0 for the file as a whole. */
  readonly line: number;
  readonly message: string;
}

export type Say = (line: number, message: string) => void;

/** BOUNDED: how much of a value is quoted. */
const QUOTE_MAX = 80;

/** A value of the old file as it can be read in a message or a comment. */
export function quote(text: string): string {
  return JSON.stringify(text.length > QUOTE_MAX ? `${text.slice(0, QUOTE_MAX)}...` : text);
}

/** C's isspace, and no more: knockd keeps a no-break space. */
export function trimC(text: string): string {
  return text.replace(/^[ \t\n\v\f\r]+/, "").replace(/[ \t\n\v\f\r]+$/, "");
}

/** `knockd.conf:7: ...` */
export function formatNote(file: string, { line, message }: Note): string {
  return line === 0 ? `${file}: ${message}` : `${file}:${line}: ${message}`;
}

/** The one bare word, which may stand in any section. */
export function saySyslog({ value, line }: { value: string | undefined; line: number }, say: Say): void {
  if (value === undefined) say(line, "UseSyslog: not needed, the journal has the log");
  else
    say(
      line,
      `UseSyslog = ${value}: knockd takes no value here and would not start; not needed, the journal has the log`,
    );
}
