// The machine's interfaces as they are now: up or not, their addresses, the default route; looked at again whenever they change.
import type { ChildProcess } from "node:child_process";
import * as z from "zod";
import { type Address, AddressSet, parseAddress } from "../../core/address.ts";
import { followNews } from "../netlink/netlink-news.ts";
import { Serial } from "../serial.ts";
import { runTool, spawnWatcher } from "../tool.ts";

/** What `ip -details -json address` says; only what we use. (os.networkInterfaces() hides an interface until it runs.) */
const linkSchema = z.object({
  ifname: z.string(),
  flags: z.array(z.string()),
  link_type: z.string(),
  link: z.string().optional(),
  linkinfo: z.object({ info_kind: z.string().optional() }).optional(),
  addr_info: z.array(z.object({ local: z.string().optional() })).default([]),
});
const routeSchema = z.object({ dev: z.string().optional() });
/** It is a small text: making code for it would take longer than reading it. */
const PLAIN = { jitless: true };

export interface Interface {
  readonly up: boolean;
  /** Whether frames are Ethernet, so that VLAN tags may occur. */
  readonly ethernet: boolean;
  /** Its own addresses and those of the VLANs on it. */
  readonly addresses: AddressSet;
}

/** Events come in bursts (an interface that comes up brings several addresses). */
const SETTLE_MS = 20;
const AGAIN_MS = 1000;

const NETLINK_ROUTE = 0;
/** What becomes of links, and of the addresses and routes of either family (linux/rtnetlink.h, RTMGRP_). */
const NETWORK_NEWS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

/** Interface `any`: always up, all addresses. */
export const ANY = "any";

export class Network {
  readonly #onChange: () => void;
  /** BOUNDED: by the interfaces of this machine. */
  #interfaces = new Map<string, Interface>();
  #unfollow: () => void = () => {};
  #follows = false;
  /** What was asked for before anybody needed it. */
  #early: Promise<string> | undefined;
  #monitor: ChildProcess | undefined;
  #settling: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #serial = new Serial();

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Follows what becomes of the network from now on, and begins to learn how it is; `start` needs not wait so long then. */
  async ask(): Promise<void> {
    // First of all: what changes while we learn is learned once more.
    const unfollow = await followNews(NETLINK_ROUTE, NETWORK_NEWS, () => this.#settle(SETTLE_MS));
    if (unfollow !== undefined) this.#unfollow = unfollow;
    this.#follows = unfollow !== undefined;
    this.#early = listLinks();
    // Whoever starts is told.
    this.#early.catch(() => {});
  }

  /** Learns the present state, and tells of it and of each change. Rejects if there is no learning it. */
  async start(): Promise<void> {
    if (this.#early === undefined) await this.ask();
    await this.#learn();
    if (!this.#follows) this.#spawn();
  }

  /** Undefined while there is no such interface. */
  get(name: string): Interface | undefined {
    return this.#interfaces.get(name);
  }

  close(): void {
    this.#closed = true;
    this.#unfollow();
    clearTimeout(this.#settling);
    this.#monitor?.kill();
  }

  /** A program that listens for us, where we cannot. */
  #spawn(): void {
    if (this.#closed) return;
    const monitor = spawnWatcher(["ip", "monitor", "link", "address", "route"]);
    this.#monitor = monitor;
    monitor.stdout?.on("data", () => this.#settle(SETTLE_MS));
    // Out of descriptors, say: an error comes instead of an end. What changed in between is learned at the restart.
    const again = (): void => {
      if (monitor !== this.#monitor) return;
      this.#monitor = undefined;
      setTimeout(() => this.#spawn(), AGAIN_MS).unref();
      this.#settle(AGAIN_MS);
    };
    monitor.on("error", again);
    monitor.on("close", again);
    this.#settle(SETTLE_MS);
  }

  #settle(ms: number): void {
    if (this.#closed || this.#settling !== undefined) return;
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      // A machine short of processes keeps what it knew, and looks again.
      this.#learn().catch(() => this.#settle(AGAIN_MS));
    }, ms);
  }

  /** One look after the other: an older one must not have the last word. */
  #learn(): Promise<void> {
    return this.#serial.run("learn", () => this.#lookAround());
  }

  async #lookAround(): Promise<void> {
    const listing = this.#early ?? listLinks();
    this.#early = undefined;
    const links = z.array(linkSchema).parse(JSON.parse(await listing), PLAIN);
    const own = new Map(links.map((link) => [link.ifname, addressesOf(link)]));
    const vlansOf = (name: string): Address[] =>
      links
        .filter((link) => link.link === name && link.linkinfo?.info_kind === "vlan")
        .flatMap((link) => own.get(link.ifname) ?? []);
    this.#interfaces = new Map(
      links.map(({ ifname, flags, link_type }) => [
        ifname,
        {
          up: flags.includes("UP"),
          ethernet: link_type === "ether",
          addresses: new AddressSet([...(own.get(ifname) ?? []), ...vlansOf(ifname)]),
        },
      ]),
    );
    this.#interfaces.set(ANY, { up: true, ethernet: false, addresses: new AddressSet([...own.values()].flat()) });
    if (!this.#closed) this.#onChange();
  }
}

/** The interface of the default route, IPv4 first. */
export async function defaultInterface(): Promise<string | undefined> {
  for (const family of ["-4", "-6"] as const) {
    const routes = z
      .array(routeSchema)
      .parse(JSON.parse((await runTool(["ip", family, "-json", "route", "show", "default"])) || "[]"), PLAIN);
    const device = routes.find((route) => route.dev !== undefined)?.dev;
    if (device !== undefined) return device;
  }
  return undefined;
}

async function listLinks(): Promise<string> {
  return (await runTool(["ip", "-details", "-json", "address"])) || "[]";
}

function addressesOf(link: z.output<typeof linkSchema>): Address[] {
  return link.addr_info.flatMap(({ local }) => parseAddress(local ?? "") ?? []);
}
