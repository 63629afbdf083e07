// The choice of a firewall; one of them is none.
import type { Config } from "../../core/config/config.ts";
import { EXIT, Failure } from "../../core/exit.ts";
import type { Lease } from "../lease.ts";
import type { Firewall, OpenElement } from "./firewall.ts";
import { Iptables } from "./iptables.ts";
import { Nftables } from "./nftables.ts";

export function chooseFirewall({ firewall }: Config, lease?: Lease): Firewall {
  if (lease !== undefined && firewall !== "nftables")
    throw new Failure(EXIT.CONFIG, `a trial needs options.firewall: nftables, got "${firewall}"`);
  switch (firewall) {
    case "nftables":
      return new Nftables(lease);
    case "iptables":
      return new Iptables();
    case "none":
      return new NoFirewall();
  }
}

/** A dry run: the daemon only logs. */
class NoFirewall implements Firewall {
  async hide(): Promise<boolean> {
    return false;
  }
  async open(): Promise<void> {}
  async close(): Promise<void> {}
  async listOpen(): Promise<OpenElement[]> {
    return [];
  }
  guard(): void {}
  release(): void {}
  async remove(): Promise<void> {}
}
