// Finds the SSH session that we were started from. sudo hides it from us, but not from those who started sudo.
import { readFileSync } from "node:fs";
import { parentIn, readSshConnection, type SshSession, sshConnectionIn } from "./ssh-session.ts";

/** BOUNDED: how far up; a shell in sudo in a shell is four. */
const PARENTS_MAX = 32;

export function sshSession(): SshSession | undefined {
  let pid: number | undefined = process.pid;
  for (let step = 0; step < PARENTS_MAX && pid !== undefined && pid > 0; step++) {
    const said = sshConnectionIn(read(`/proc/${pid}/environ`));
    if (said !== undefined) return readSshConnection(said);
    pid = parentIn(read(`/proc/${pid}/status`));
  }
  return undefined;
}

/** Another user's environment is not for us, unless we are root. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
