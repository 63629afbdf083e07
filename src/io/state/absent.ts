// What there is not yet is no problem: at the first start nothing of ours is on disk.

/** Whether an error of node:fs says that the file is not there. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
