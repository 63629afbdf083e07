// What one run of the client does: what goes to which host, how it leaves, and which service it waits for.

import type { Port } from "../core/port.ts";
import type { Family } from "./options.ts";

export interface Plan {
  readonly host: string;
  readonly family: Family;
  readonly sends: Knocks | CodeKnocks | Packet;
  readonly origin: Origin;
  readonly wait: Wait | undefined;
  readonly doubt: string;
}

/** When the service does not answer: what else could be wrong than the knock. */
export const DOUBTS: Record<Plan["sends"]["by"], string> = {
  knocks: 'the door did not open, or the host is down; "knockd watch" on the host shows what arrives there',
  code: "a code opens once, and only about half a minute before and after its time: try the next one",
  packet: "the key, the clock or the ports may differ from the host's; its log says why it refuses a packet",
};

export interface Knocks {
  readonly by: "knocks";
  readonly ports: readonly Port[];
  /** After every port. */
  readonly delayMs: number;
}

/** Knocks whose last ports a code will say: all that can be printed while nobody has given one. */
export interface CodeKnocks {
  readonly by: "code";
  readonly ports: readonly Port[];
  readonly firstPort: number;
  readonly digits: number;
}

/** One signed packet. */
export interface Packet {
  readonly by: "packet";
  readonly port: Port;
  readonly key: Uint8Array;
  readonly hmacKey: Uint8Array;
  readonly username: string;
  readonly asksFor: readonly Port[];
  readonly timeoutS: number | undefined;
  /** The address to be let in; LOCAL: the one that packets to the host leave from; undefined: that one, if the host can see it. */
  readonly address: string | undefined;
}

/** Where packets leave: from an address of an interface, from this address, or as the routes say. */
export interface Origin {
  readonly interface: string | undefined;
  readonly source: string | undefined;
}

export interface Wait {
  readonly port: Port;
  readonly forMs: number;
}

/** Where a packet goes to, and the address it leaves from if that is not for the routes to say. */
export interface Target {
  readonly address: string;
  readonly source: string | undefined;
}
