// The firewall that is none: a dry run, the daemon only logs.
import type { BackEnd } from "./back-end.ts";
import type { Firewall, OpenElement } from "./firewall.ts";

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
  async release(): Promise<void> {}
  async remove(): Promise<void> {}
}

export const noFirewallRow: BackEnd = {
  kind: "none",
  create: () => new NoFirewall(),
  tools: [],
  sets: "nobody",
  othersMayDrop: false,
  severalDaemons: true,
  trial: false,
  takesOver: [],
  left: async () => [],
  clear: async () => {},
};
