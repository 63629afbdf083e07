// The user whom the service runs as, from passwd(5): what commands of root write for the daemon, it must be able to read.
import { readFileSync } from "node:fs";

const NAME = "knockd";

/** Undefined where there is none, as before the service is installed. */
export function serviceUser(): { readonly uid: number; readonly gid: number } | undefined {
  const [, uid, gid] =
    new RegExp(`^${NAME}:[^:]*:(\\d+):(\\d+):`, "m").exec(readFileSync("/etc/passwd", "latin1")) ?? [];
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}
