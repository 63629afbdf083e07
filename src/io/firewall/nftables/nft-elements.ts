// Puts addresses into sets and takes them out: by talking to the kernel in this process, or, where that does not go, with nft.
//
// In a loop, opening through netlink takes some 20 us; through libnftables in this process 200 (it parses text and asks for the
// tables that there are), with one nft for each 7000. All calls return at once. What could hold them up is another's transaction,
// for which the kernel lets us wait: nft's own time in the kernel. Our own long ones are waited for by
// `held`, and refused ones are not even tried: the kernel needs some 20 ms to undo a transaction.
import { parseAddress } from "../../../core/address.ts";
import { Failure } from "../../../core/exit.ts";
import { libc } from "../../netlink/libc.ts";
import { errorOf, type NetlinkMessage, NetlinkWriter } from "../../netlink/netlink-message.ts";
import { NetlinkSocket } from "../../netlink/netlink-socket.ts";
import { Slots } from "../../slots.ts";
import { runTool } from "../../tool.ts";
import { TABLE } from "./nft-names.ts";
import { NftRemovals, PLACES_MAX } from "./nft-removals.ts";
import {
  askElement,
  askSet,
  type Change,
  changeElements,
  expiryIn,
  type Key,
  NETLINK_NETFILTER,
  type SetName,
  setNameOf,
  takesKey,
} from "./nft-wire.ts";

/** An address, or a network's first one, in a set: `192.0.2.7` in `inet knockd ssh_ipv4`. */
export interface Place {
  readonly set: string;
  readonly element: string;
}

interface Wired {
  readonly set: SetName;
  readonly key: Key;
}

/** Two changes for each place, with the longest names there are, take less. */
const MESSAGE_BYTES_MAX = PLACES_MAX * 2 * 1024;
/** How far an element's time may be from what was asked, some of which has passed: then it is an older one's. */
const ROUNDING_MS = 250;
const BYTE = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
/** As all are written here; what is none is for parseAddress to refuse. */
const IPV4 = new RegExp(`^${Array(4).fill(BYTE).join("\\.")}$`);
/** Nobody's address (RFC 919), for looking what the kernel does. */
const NOBODY = "255.255.255.255";
const LOOK_MS = 1000;
/** So often our own way is gone before somebody knocks: the first times take ten times as long. */
const WARM_UPS = 8;
/** BOUNDED: so many nfts at a time, where it has to be nft. */
const TOOLS_MAX = 4;

export class NftElements {
  readonly #writer = new NetlinkWriter(MESSAGE_BYTES_MAX);
  readonly #tools = new Slots(TOOLS_MAX);
  /** Why it has to be nft; undefined before it is known, and while it need not be. */
  #problem: string | undefined;
  #socket: NetlinkSocket | undefined;
  #sequence = 0;
  /** Whether the kernel gives an element that is there already its new time (from 6.12 on). */
  #renews = false;
  /** Sets that were looked at, and take addresses. BOUNDED: by the doors; forgotten whenever something goes wrong. */
  readonly #known = new Map<string, SetName>();
  readonly #removals = new NftRemovals(
    (places) => this.#removeDirectly(places),
    (places) => this.#withNft(places.map(({ set, element }) => addAndDelete(set, element, `${element} timeout 1s`))),
  );

  get problem(): string | undefined {
    return this.#problem;
  }

  /** Looks how it can be done. The first knocker should not wait for that. */
  async prepare(): Promise<void> {
    if (this.#socket !== undefined) return;
    const calls = await libc();
    try {
      if ("problem" in calls) this.#problem = calls.problem;
      else this.#socket ??= new NetlinkSocket(calls, NETLINK_NETFILTER);
    } catch (error) {
      this.#problem = String(error);
    }
  }

  /** Looks, with a set of ours, what this kernel does; and what is run for the first time here need not be for a knocker. */
  warmUp(set: string): void {
    this.#known.clear();
    const places = [{ set, element: NOBODY }];
    for (let times = 1; times <= WARM_UPS; times++) {
      const [place] = this.#wired(places) ?? [];
      if (place === undefined) return;
      const forMs = LOOK_MS * times;
      const added = this.#change([{ ...place, does: "add", forMs }]);
      // From the second time on it was there already.
      this.#renews = added && times > 1 && this.#livesFor(place, forMs);
    }
    this.#removeDirectly(places);
  }

  /** For so long from now on, whether or not it is in there. Rejects with nft's own words. */
  async add(places: readonly Place[], forMs: number): Promise<void> {
    // Who left such a place before must not take it from whoever comes now.
    this.#removals.finish();
    if (this.#addDirectly(places, forMs)) return;
    await this.#withNft(
      places.map(({ set, element }) => {
        const timed = `${element} timeout ${forMs}ms`;
        return `${addAndDelete(set, element, timed)}\nadd element ${set} { ${timed} }`;
      }),
    );
  }

  /**
   * Takes out what may have gone by itself, together with all else that is taken out now: thousands of doors may close at once.
   * Rejects with nft's own words.
   */
  async remove(places: readonly Place[]): Promise<void> {
    await this.#removals.add(places);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** False: not done, or perhaps not as it should be. */
  #addDirectly(places: readonly Place[], forMs: number): boolean {
    const wired = this.#wired(places);
    if (wired === undefined) return false;
    if (!this.#change(wired.map((each) => ({ ...each, does: "add", forMs })))) return false;
    if (this.#renews) return true;
    // An older kernel keeps an existing element's old time. Deleting it first works on all.
    const old = wired.filter((each) => !this.#livesFor(each, forMs));
    return (
      old.length === 0 ||
      this.#change(
        old.flatMap((each) => [
          { ...each, does: "delete" },
          { ...each, does: "add", forMs },
        ]),
      )
    );
  }

  /** Adding it first makes deleting it right even when it is gone. */
  #removeDirectly(places: readonly Place[]): boolean {
    const wired = this.#wired(places);
    if (wired === undefined) return false;
    return this.#change(
      wired.flatMap((each) => [
        { ...each, does: "add", forMs: 1000 },
        { ...each, does: "delete" },
      ]),
    );
  }

  /** The places in the kernel's terms, if all of their sets are there and are such as we can fill. */
  #wired(places: readonly Place[]): Wired[] | undefined {
    if (this.#socket === undefined) return undefined;
    const wired = places.flatMap(({ set: words, element }) => {
      const [set, key] = [this.#known.get(words) ?? setNameOf(words), keyOf(element)];
      return set === undefined || key === undefined || !this.#takes(words, set, key) ? [] : [{ set, key }];
    });
    return wired.length === places.length ? wired : undefined;
  }

  /** Ours stay as they are. The administrator may make theirs anew at any time. */
  #takes(words: string, set: SetName, key: Key): boolean {
    if (this.#known.has(words)) return true;
    const takes = this.#ask(askSet(this.#writer, set, ++this.#sequence)).some((message) => takesKey(message, key));
    if (takes && words.startsWith(`${TABLE} `)) this.#known.set(words, set);
    return takes;
  }

  #livesFor({ set, key }: Wired, forMs: number): boolean {
    const found = this.#ask(askElement(this.#writer, set, key, ++this.#sequence)).map(expiryIn);
    return found.some((leftMs) => leftMs !== undefined && Math.abs(forMs - leftMs) <= ROUNDING_MS);
  }

  /** Whether the last change was answered, and none refused. Silence is no success. */
  #change(changes: readonly Change[]): boolean {
    const first = this.#sequence + 1;
    this.#sequence += changes.length;
    const answers = this.#ask(changeElements(this.#writer, changes, first));
    const isDone =
      answers.every((each) => errorOf(each) === 0) && answers.some(({ sequence }) => sequence === this.#sequence);
    if (!isDone) this.#known.clear();
    return isDone;
  }

  #ask(bytes: Uint8Array): NetlinkMessage[] {
    try {
      return this.#socket?.request(bytes) ?? [];
    } catch {
      // No memory for it, say. nft tries the same, and has words for what is wrong.
      return [];
    }
  }

  async #withNft(statements: readonly string[]): Promise<void> {
    try {
      // A line for each: nft quotes the one that it does not like.
      await this.#tools.run(() => runTool(["nft", "-f", "-"], `${statements.join("\n")}\n`));
    } catch (error) {
      throw inShort(error);
    }
  }
}

/** The first complaint of nft, and what it is about. */
function inShort(error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  const [, complaint, statement] = /\/dev\/stdin:[\d:-]+ (.*)\n(.*)/.exec(error.message) ?? [];
  if (complaint === undefined) return error;
  return new Failure(error.code, `nft: ${complaint}: ${statement}`, error.hint);
}

function keyOf(address: string): Key | undefined {
  const ipv4 = IPV4.exec(address);
  if (ipv4 !== null) return Uint8Array.of(Number(ipv4[1]), Number(ipv4[2]), Number(ipv4[3]), Number(ipv4[4]));
  const words = parseAddress(address);
  if (words === undefined) return undefined;
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (const [number, word] of words.entries()) view.setInt32(number * 4, word);
  return bytes;
}

function addAndDelete(set: string, ip: string, element: string): string {
  return `add element ${set} { ${element} }\ndelete element ${set} { ${ip} }`;
}
