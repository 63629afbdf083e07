// Whether the kernel sends packets on at all, for doors that lead to a host behind this one.
import { readFile } from "node:fs/promises";
import type { Family } from "../../core/address.ts";
import type { Door } from "../../core/door.ts";
import { words } from "../../core/text/words.ts";
import type { Log } from "../log/log.ts";

/** What `sysctl` calls the switch, and where it stands (ip-sysctl in the kernel's documentation). */
const SWITCHES: Record<Family, { readonly name: string; readonly path: string }> = {
  4: { name: "net.ipv4.ip_forward", path: "/proc/sys/net/ipv4/ip_forward" },
  6: { name: "net.ipv6.conf.all.forwarding", path: "/proc/sys/net/ipv6/conf/all/forwarding" },
};

export async function warnOfForwarding(doors: readonly Door[], log: Log): Promise<void> {
  for (const name of await switchesOff(doors)) log.warn({ event: "forwarding-off" }, words.notForwarding(name));
}

/** Each switch that is off and that some door needs, as `sysctl` calls it. */
export async function switchesOff(doors: readonly Door[]): Promise<string[]> {
  const needed = new Set(doors.flatMap(({ open }) => open.flatMap(({ to }) => to?.family ?? [])));
  const looks = [...needed].sort().map(async (family) => {
    const { name, path } = SWITCHES[family];
    // Where it cannot be read we know nothing, and say nothing.
    const value = await readFile(path, "latin1").catch(() => "1");
    return value.trim() === "0" ? [name] : [];
  });
  return (await Promise.all(looks)).flat();
}
