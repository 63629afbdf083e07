// What a firewall can do for doors, and the choice of one. Opening and closing stand side by side in each back-end's own file.
import type { Config, Network } from "../core/config.ts";
import type { Door } from "../core/door.ts";
import { Iptables } from "./iptables.ts";
import { Nftables } from "./nftables.ts";

/** What is hidden, and from whom not. */
export interface Hidden {
  readonly doors: readonly Door[];
  readonly allow: readonly Network[];
}

/** Every method rejects with an Error that carries the firewall's own words. */
export interface Firewall {
  /** Hides the ports of all doors, at start and again whenever the doors change; open grants stay. */
  hide(hidden: Hidden): Promise<void>;
  /** Lets `ip` through `door` for so long; also extends. */
  open(door: Door, ip: string, durationMs: number): Promise<void>;
  /** Ends it now, whether or not its time is over. */
  close(door: Door, ip: string): Promise<void>;
  /** Gives up its helpers; what is hidden stays hidden. */
  release(): void;
}

export function chooseFirewall({ firewall }: Config): Firewall {
  switch (firewall) {
    case "nftables":
      return new Nftables();
    case "iptables":
      return new Iptables();
    case "none":
      return new NoFirewall();
  }
}

/** A dry run: the daemon only logs. */
class NoFirewall implements Firewall {
  async hide(): Promise<void> {}
  async open(): Promise<void> {}
  async close(): Promise<void> {}
  release(): void {}
}
