// The interfaces that the config means, as they are now.
import * as z from "zod";
import { ANY, defaultInterface } from "../io/capture/network.ts";
import { runTool } from "../io/tool.ts";
import type { Arrival } from "./ruleset/exposure.ts";

/** `ip -details -json address`; only what we use. */
const linkSchema = z.object({
  ifname: z.string(),
  flags: z.array(z.string()),
  master: z.string().optional(),
  xdp: z.unknown().optional(),
  linkinfo: z.object({ info_kind: z.string().optional(), info_slave_kind: z.string().optional() }).default({}),
  addr_info: z.array(z.object({ local: z.string().optional(), scope: z.string().optional() })).default([]),
});

export interface Link {
  readonly name: string;
  readonly up: boolean;
  /** `bridge`, `vlan`; undefined for a real one. */
  readonly kind: string | undefined;
  /** The bridge, or bond, that it is a port of: that one has the addresses. */
  readonly master: string | undefined;
  /** It has a program that may take packets before any rule is asked. */
  readonly hasXdp?: boolean;
  readonly addresses: readonly string[];
}

export interface Links {
  /** What the config names, or the interface of the default route; empty if there is no such route. */
  readonly wanted: readonly string[];
  readonly named: boolean;
  readonly links: readonly Link[];
}

export async function learnLinks(names: readonly string[]): Promise<Links> {
  const found = z.array(linkSchema).parse(JSON.parse((await runTool(["ip", "-details", "-json", "address"])) || "[]"));
  const links = found.map(({ ifname, flags, master, xdp, linkinfo, addr_info }) => ({
    name: ifname,
    up: flags.includes("UP"),
    hasXdp: xdp !== undefined,
    kind: linkinfo.info_kind,
    master: ["bridge", "bond", "team"].includes(linkinfo.info_slave_kind ?? "") ? master : undefined,
    addresses: addr_info.flatMap(({ local, scope }) => (local === undefined || scope === "link" ? [] : [local])),
  }));
  return { wanted: names.length > 0 ? names : await byDefault(), named: names.length > 0, links };
}

async function byDefault(): Promise<string[]> {
  const name = await defaultInterface();
  return name === undefined ? [] : [name];
}

/** Bridges of container engines and hypervisors: those behind them are guests, and need no knock. */
const OF_GUESTS =
  /^(docker\d+|br-[0-9a-f]{12}|virbr\d+|podman\d+|cni\d+|lxcbr\d+|lxdbr\d+|incusbr\d+|cilium_\w+|flannel\S*)$/;

/** Where no knock is heard, though ports are hidden there, too: all that others may come in by. */
export function deaf({ wanted, links }: Links): Link[] {
  if (wanted.includes(ANY)) return [];
  return links.filter(
    ({ name, up, kind, addresses }) =>
      name !== "lo" &&
      up &&
      addresses.length > 0 &&
      !wanted.includes(name) &&
      kind !== "dummy" &&
      !OF_GUESTS.test(name),
  );
}

/** Where packets come in, by family. Without an interface yet, the rules are asked all the same. */
export function arrivalsOf(all: Links): Arrival[] {
  const found = usable(all).flatMap(({ name, addresses }) =>
    ([4, 6] as const).flatMap((family) => {
      const own = addresses.filter((text) => text.includes(":") === (family === 6));
      return own.length === 0 ? [] : [{ name, family, addresses: own }];
    }),
  );
  return found.length > 0 ? found : [{ name: all.wanted[0] ?? "", family: 4, addresses: [] }];
}

/** Those among them on which knocks can arrive: for `any`, all but loopback. */
export function usable({ wanted, links }: Links): Link[] {
  return links.filter(({ name, up, addresses }) => {
    const isWanted = wanted.includes(name) || (wanted.includes(ANY) && name !== "lo");
    return isWanted && up && addresses.length > 0;
  });
}
