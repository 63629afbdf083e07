// How many packets the kernel dropped because a sniffer did not keep up. (Nobody but the owner of a socket with a ring is told: the
// drop counter of `ss -0 -m` stays 0. tcpdump tells on stderr when it is asked, and at its end; cap cannot.)
import { endsWithin } from "../pause.ts";
import type { Sniffer } from "./sniffer.ts";

/** tcpdump(1), of SIGUSR1: counted since it started. */
const DROPPED = /(\d+) packets? dropped by kernel/g;
/** tcpdump takes the signal only a moment after its stream has begun; before, it would end by it. */
const SETTLED_MS = 1000;
/** How long an answer may take: in a flood it comes between two packets. */
const TELL_LIMIT_MS = 300;

export class DropCounter {
  /** Of all sniffers so far; undefined until one has told. */
  #dropped: number | undefined;
  #told: () => void = () => {};

  /** Another sniffer begins to count. What it says on stderr is to be told to the function that this returns. */
  follow(): (words: string) => void {
    let counted = 0;
    return (words) => {
      const last = [...words.matchAll(DROPPED)].at(-1)?.[1];
      if (last === undefined) return;
      this.#dropped = (this.#dropped ?? 0) + Number(last) - counted;
      counted = Number(last);
      this.#told();
    };
  }

  /** The number now, as far as this sniffer can tell in time. */
  async read(sniffer: Sniffer | undefined, listeningMs: number): Promise<number | undefined> {
    if (sniffer?.tellDropped === undefined || performance.now() < listeningMs + SETTLED_MS) return this.#dropped;
    const answer = new Promise<void>((resolve) => {
      // Whoever asks meanwhile is told with it.
      const before = this.#told;
      this.#told = () => {
        this.#told = () => {};
        before();
        resolve();
      };
    });
    sniffer.tellDropped();
    await endsWithin(answer, TELL_LIMIT_MS);
    return this.#dropped;
  }
}
