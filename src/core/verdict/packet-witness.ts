// Tells tracers of signed packets what the log is told of them, in the same sightings as of knocks.
import { formatAddress } from "../address.ts";
import type { Door } from "../door.ts";
import type { Knock } from "../frame.ts";
import { formatPort } from "../port.ts";
import type { Opened } from "../spa/open-packet.ts";
import type { PacketReport } from "../spa/packet-matcher.ts";
import type { Earned } from "../spa/policy.ts";
import type { Refusal } from "../spa/refusal.ts";
import type { Observer, SeenKnock } from "./verdict.ts";

export class PacketWitness implements PacketReport {
  readonly #log: PacketReport;
  readonly #observer: Observer;
  readonly #isOpen: (door: Door, ip: string) => boolean;

  /** All goes on to `log`. `isOpen` says whether an address has a door open already. */
  constructor(log: PacketReport, observer: Observer, isOpen: (door: Door, ip: string) => boolean) {
    this.#log = log;
    this.#observer = observer;
    this.#isOpen = isOpen;
  }

  accepted(opened: Opened, earned: readonly Earned[], knock: Knock, nowMs: number): void {
    this.#log.accepted(opened, earned, knock, nowMs);
    if (!this.#observer.wants(knock.source, nowMs)) return;
    const verdicts = earned.map(({ door, ip }) => {
      const outcome = this.#isOpen(door, ip) ? ("extended" as const) : ("opened" as const);
      return { outcome, door: door.name };
    });
    this.#observer.tell({ ...seen(knock), spa: { key: opened.key.name }, verdicts });
  }

  refused(refusal: Refusal, knock: Knock, nowMs: number): void {
    this.#log.refused(refusal, knock, nowMs);
    if (this.#observer.wants(knock.source, nowMs)) {
      this.#observer.tell({ ...seen(knock), spa: refusal, verdicts: [] });
    }
  }
}

function seen(knock: Knock): { source: string; knock: SeenKnock; agoMs: number } {
  const destination = formatAddress(knock.destination);
  const port = formatPort({ protocol: knock.protocol, number: knock.port });
  return { source: formatAddress(knock.source), knock: { destination, port, watched: "packet" }, agoMs: 0 };
}
