// The SSH session that we were started from: who sits at its other end, and where sshd heard them (ssh(1), $SSH_CONNECTION).
import { formatAddress, parseAddress } from "../core/address.ts";

export interface SshSession {
  readonly peer: string;
  readonly local: string;
  readonly port: number;
}

/** `198.51.100.7 50022 192.0.2.10 22`; undefined for anything else. */
export function readSshConnection(text: string): SshSession | undefined {
  const [peer = "", , local = "", port = ""] = text.split(" ");
  // An address of a link comes with the interface's name (fe80::1%eth0), which no rule could hold.
  const [from, to] = [peer, local].map((address) => parseAddress(address.replace(/^::ffff:(?=[\d.]+$)/, "")));
  if (from === undefined || to === undefined || !/^\d{1,5}$/.test(port)) return undefined;
  return { peer: formatAddress(from), local: formatAddress(to), port: Number(port) };
}

/** From the environment of a process as /proc/PID/environ has it. */
export function sshConnectionIn(environ: string): string | undefined {
  const found = environ.split("\0").find((variable) => variable.startsWith("SSH_CONNECTION="));
  return found?.slice("SSH_CONNECTION=".length);
}

/** The parent's number, from /proc/PID/status. */
export function parentIn(status: string): number | undefined {
  const [, pid] = /^PPid:\s+(\d+)$/m.exec(status) ?? [];
  return pid === undefined ? undefined : Number(pid);
}
