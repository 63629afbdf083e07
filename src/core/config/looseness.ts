// Who else may read or write a file of secrets.

const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o022;

export function looseness(mode: number): string | undefined {
  if ((mode & OTHERS_WRITE) !== 0) return "writable for others";
  return (mode & OTHERS_READ) !== 0 ? "readable for everyone" : undefined;
}
