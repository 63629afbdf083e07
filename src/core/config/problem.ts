// What is wrong with a config file, and where.

export interface Problem {
  /** `doors.ssh.sequence[1]`; empty for the file as a whole. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** What was expected and what was found. */
  readonly message: string;
}

export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

/** `knockd.yaml:7:22: doors.ssh.for: expected a time ...` */
export function formatProblem(file: string, { path, line, column, message }: Problem): string {
  return `${file}:${line}:${column}: ${path === "" ? "" : `${path}: `}${message}`;
}
