// The daemon and its helpers, found as an administrator would find them: by their command lines.
import type { Netns } from "../support/netns.ts";

const ROLES = {
  daemon: /knockd\.js run/,
  capture: /dist\/capture\.js|^tcpdump -i/,
} as const;
export type Role = keyof typeof ROLES;
export type Processes = { readonly [role in Role]: readonly number[] };

export const HELPERS = ["capture"] as const;

export async function processesOn(net: Netns, machine: string): Promise<Processes> {
  const found = await net.processes(machine);
  const withRole = (role: Role): number[] => found.flatMap(({ pid, line }) => (ROLES[role].test(line) ? [pid] : []));
  return {
    daemon: withRole("daemon"),
    capture: withRole("capture"),
  };
}
