// The interfaces that the config means, as they are now.
import { z } from "zod";
import { ANY, defaultInterface } from "../io/capture/network.ts";
import { runTool } from "../io/tool.ts";

/** `ip -json address`; only what we use. */
const linkSchema = z.object({
  ifname: z.string(),
  flags: z.array(z.string()),
  addr_info: z.array(z.object({ local: z.string().optional(), scope: z.string().optional() })).default([]),
});

export interface Link {
  readonly name: string;
  readonly up: boolean;
  readonly addresses: readonly string[];
}

export interface Links {
  /** What the config names, or the interface of the default route; empty if there is no such route. */
  readonly wanted: readonly string[];
  readonly named: boolean;
  readonly links: readonly Link[];
}

export async function learnLinks(names: readonly string[]): Promise<Links> {
  const found = z.array(linkSchema).parse(JSON.parse((await runTool(["ip", "-json", "address"])) || "[]"));
  const links = found.map(({ ifname, flags, addr_info }) => ({
    name: ifname,
    up: flags.includes("UP"),
    addresses: addr_info.flatMap(({ local, scope }) => (local === undefined || scope === "link" ? [] : [local])),
  }));
  return { wanted: names.length > 0 ? names : await byDefault(), named: names.length > 0, links };
}

async function byDefault(): Promise<string[]> {
  const name = await defaultInterface();
  return name === undefined ? [] : [name];
}

/** Those among them on which knocks can arrive: for `any`, all but loopback. */
export function usable({ wanted, links }: Links): Link[] {
  return links.filter(({ name, up, addresses }) => {
    const isWanted = wanted.includes(name) || (wanted.includes(ANY) && name !== "lo");
    return isWanted && up && addresses.length > 0;
  });
}
