// How a command ends: sysexits(3) codes, and an error that carries one.

export const EXIT = {
  OK: 0,
  /** Of the client, whatever went wrong, as in C; of doctor and explain: something is not as it should be. */
  FAILED: 1,
  USAGE: 64,
  NO_INPUT: 66,
  UNAVAILABLE: 69,
  SOFTWARE: 70,
  NO_PERMISSION: 77,
  CONFIG: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error that is the user's or the machine's, not ours: one line, perhaps a hint, an exit code. */
export class Failure extends Error {
  readonly code: ExitCode;
  readonly hint: string | undefined;

  constructor(code: ExitCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
