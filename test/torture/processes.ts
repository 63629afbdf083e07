// The daemon and its helpers, found as an administrator would find them: by their command lines.
import { readFileSync } from "node:fs";
import { Running } from "../support/running.ts";

const ROLES = {
  daemon: /knockd\.js run/,
  capture: /dist\/capture\.js|^tcpdump -i/,
  shell: /^nft -i/,
  monitor: /nft monitor/,
} as const;
export type Role = keyof typeof ROLES;
export type Processes = { readonly [role in Role]: readonly number[] };

export const HELPERS = ["capture", "shell", "monitor"] as const;

/** `netns` as `ip netns` knows it. */
export async function processesIn(netns: string): Promise<Processes> {
  const listing = new Running(["ip", "netns", "pids", netns]);
  await listing.ended();
  const all = listing.stdout.trim().split("\n").map(Number);
  const found = all.map((pid) => ({ pid, line: commandLine(pid) }));
  const withRole = (role: Role): number[] => found.flatMap(({ pid, line }) => (ROLES[role].test(line) ? [pid] : []));
  return {
    daemon: withRole("daemon"),
    capture: withRole("capture"),
    shell: withRole("shell"),
    monitor: withRole("monitor"),
  };
}

export function killNow(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself since it was listed.
    }
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
