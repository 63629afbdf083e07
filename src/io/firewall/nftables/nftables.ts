// The nftables back-end: our own table `inet knockd`. Rules are nft's work; opening and closing talk to the kernel directly.
import * as z from "zod";
import { familyOfText } from "../../../core/address.ts";
import { type Door, opensFor, usesFirewall } from "../../../core/door.ts";
import { EXIT, Failure } from "../../../core/exit.ts";
import { reasonOf } from "../../../core/text/words.ts";
import { runTool } from "../../tool.ts";
import type { Firewall, Hidden, OpenElement } from "../firewall.ts";
import type { TrialExpiry } from "../trial-expiry.ts";
import { NftElements, type Place } from "./nft-elements.ts";
import { NftMonitor } from "./nft-monitor.ts";
import { FAMILIES, handleIn, isForGood, setsIn, TABLE } from "./nft-names.ts";
import { openOf, ownPlace, ownSets } from "./nft-networks.ts";
import { tcpSessionsAt } from "./nft-sessions.ts";
import { NO_TABLE, tableHandle } from "./nft-table.ts";
import { isWhole, marksOf, portsOf, ruleset, withOpenings } from "./nft-writer.ts";

const LET_GO = "systemctl stop knockd; nft delete table inet knockd";

export interface NftablesOptions {
  /** With one, all that is hidden comes to light when it is over. */
  readonly expiry?: TrialExpiry | undefined;
  /** How our rules let in; not only `accept` where other rules have to be told. */
  readonly admit?: string;
}

export class Nftables implements Firewall {
  readonly #expiry: TrialExpiry | undefined;
  readonly #admit: string;
  readonly #elements = new NftElements();
  /** BOUNDED: two for each door. */
  #ownSets: ReadonlySet<string> = new Set();
  readonly #monitor = new NftMonitor(TABLE, () => void this.#look());
  #takenAway: () => void = () => {};
  /** What a listing of our table shows as long as it is whole; nothing while we hide nothing. */
  #marks: readonly string[] = [];
  /** The kernel's number for the table that we have made. */
  #handle: string | undefined;
  /** BOUNDED: what the doors open. Ports that are hidden already, `tcp . 22`. */
  #hidden: ReadonlySet<string> = new Set();
  /** While nft loads our rules, the kernel would make us wait for it within a call. */
  #hiding: Promise<unknown> | undefined;
  /** Whether there were sets of an earlier run, or our own. */
  #foundSets = false;
  /** Our table as a look has just found it, when that means that it has to be made anew. */
  #seen: string | undefined;

  constructor({ expiry, admit = "accept" }: NftablesOptions = {}) {
    this.#expiry = expiry;
    this.#admit = admit;
  }

  /** One transaction, so that no hidden port is ever visible in between. Sets that stay keep their elements. */
  async hide(hidden: Hidden): Promise<boolean> {
    const { doors } = hidden;
    if (!doors.some((door) => usesFirewall(door, 4) || usesFirewall(door, 6))) return this.#hideNothing();
    const before = this.#seen ?? (await listTable());
    this.#seen = undefined;
    if (this.#expiry !== undefined && isForGood(before)) {
      this.#expiry.lose();
      throw new Failure(EXIT.UNAVAILABLE, `another knockd hides ports already, in table ${TABLE}`, LET_GO);
    }
    const expiryMs = this.#expiry?.leftMs;
    if (expiryMs === 0) return this.#hideNothing();
    this.#foundSets ||= setsIn(before).length > 0;
    const takenAway = !this.#isOurs(before);
    const isNew = before === "" || takenAway;
    const begun = await tcpSessionsAt(this.#portsToHide(doors, takenAway));
    try {
      const loading = runTool(
        ["nft", "-f", "-"],
        ruleset(hidden, { before, begun, isNew, admit: this.#admit, expiryMs }),
      );
      this.#hiding = loading.catch(() => {});
      await Promise.all([loading, this.#elements.prepare()]);
      this.#handle = handleIn(before) ?? (await newHandle());
    } finally {
      this.#hiding = undefined;
    }
    this.#marks = marksOf(doors);
    this.#hidden = new Set(portsOf(doors));
    this.#ownSets = new Set(
      FAMILIES.flatMap(({ family }) => withOpenings(doors).flatMap((door) => ownSets(door, family))),
    );
    return takenAway;
  }

  get slow(): string | undefined {
    return this.#elements.problem;
  }

  async open(door: Door, ip: string, durationMs: number): Promise<void> {
    const places = placesOf(door, ip);
    if (places.length === 0) return;
    await this.#hiding;
    await this.#elements.add(places, durationMs);
  }

  async close(door: Door, ip: string): Promise<void> {
    // The kernel may have closed it already: deleting what is not there would be an error, and so would a set that a reload
    // has taken away with its door.
    const places = placesOf(door, ip).filter(({ set }) => !set.startsWith(`${TABLE} `) || this.#ownSets.has(set));
    if (places.length === 0) return;
    await this.#hiding;
    await this.#elements.remove(places);
  }

  async listOpen(): Promise<OpenElement[]> {
    // With many doors the listing takes as long as hiding them.
    if (!this.#foundSets) return [];
    const listing = await runTool(["nft", "--json", "list", "table", ...TABLE.split(" ")]).catch(() => EMPTY_LISTING);
    return listingSchema.parse(JSON.parse(listing)).nftables.flatMap(({ set }) => elementsOf(set));
  }

  guard(takenAway: () => void): void {
    this.#takenAway = takenAway;
    void this.#monitor.start();
    const ipv4 = [...this.#ownSets].find((set) => set.endsWith("_ipv4"));
    if (ipv4 !== undefined) this.#elements.warmUp(ipv4);
  }

  async release(): Promise<void> {
    this.#elements.close();
    await this.#monitor.end();
  }

  async remove(): Promise<void> {
    // Who took over from a trial has its own rules in the table by now.
    if (this.#expiry !== undefined && isForGood(await listTable())) return;
    await runTool(["nft", "-f", "-"], `add table ${TABLE}\ndelete table ${TABLE}\n`);
  }

  /** Leaves no table behind. Where only commands open doors, a machine without nft is fine. */
  async #hideNothing(): Promise<boolean> {
    await this.remove().catch(() => {});
    this.#marks = [];
    this.#hidden = new Set();
    this.#ownSets = new Set();
    return false;
  }

  /** TCP ports whose sessions have begun while they were not hidden. */
  #portsToHide(doors: readonly Door[], takenAway: boolean): Set<number> {
    const known = takenAway ? new Set() : this.#hidden;
    const ports = portsOf(doors).filter((port) => port.startsWith("tcp ") && !known.has(port));
    return new Set(ports.map((port) => Number(port.replace("tcp . ", ""))));
  }

  /** Our own changes show, too: only a table without its marks, or another one in its place, was taken away. */
  async #look(): Promise<void> {
    if (this.#marks.length === 0 || this.#hiding !== undefined) return;
    const table = await listTable().catch(() => undefined);
    if (table === undefined || this.#isOurs(table) || this.#hiding !== undefined) return;
    this.#seen = table;
    this.#takenAway();
  }

  /** While we hide nothing, any is. */
  #isOurs(table: string): boolean {
    if (this.#marks.length === 0) return true;
    if (this.#expiry !== undefined && isForGood(table)) return false;
    return handleIn(table) === this.#handle && isWhole(table, this.#marks);
  }
}

/** What `nft -json list table` says (libnftables-json(5)); only what we use. */
const setSchema = z.object({ name: z.string(), elem: z.array(z.unknown()).default([]) });
const listingSchema = z.object({ nftables: z.array(z.object({ set: setSchema.optional() })) });
const EMPTY_LISTING = '{"nftables":[]}';

/** Also those that somebody put there by hand, without a timeout. */
function elementsOf(set: z.output<typeof setSchema> | undefined): OpenElement[] {
  if (set === undefined) return [];
  return set.elem.flatMap((element) => {
    // Without a schema: there may be tens of thousands, and with a timeout each is an object.
    const value = typeof element === "string" ? element : memberOf(memberOf(element, "elem"), "val");
    return typeof value === "string" ? (openOf(set.name, value) ?? []) : [];
  });
}

function memberOf(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null ? Reflect.get(of, name) : undefined;
}

/** The kernel's number of our table, which has just been made. */
async function newHandle(): Promise<string | undefined> {
  const handle = await tableHandle(TABLE);
  if (handle !== undefined && handle !== NO_TABLE) return handle;
  return handleIn(await runTool(["nft", "-a", "list", "tables"]));
}

/** Our table as it is now, perhaps since an earlier run; empty if there is none. */
async function listTable(): Promise<string> {
  if ((await tableHandle(TABLE)) === NO_TABLE) return "";
  try {
    return await runTool(["nft", "--handle", "--terse", "list", "table", ...TABLE.split(" ")]);
  } catch (error) {
    if (reasonOf(error).includes("No such file or directory")) return "";
    throw error;
  }
}

/** The sets that take this address or network, ours and the administrator's, and what it is called there. */
function placesOf(door: Door, ip: string): Place[] {
  const family = familyOfText(ip);
  const own = opensFor(door, family) ? [ownPlace(door, ip)] : [];
  const theirs = door.sets[family];
  return theirs === undefined ? own : [...own, { set: theirs, element: ip }];
}
