// What there is to know of a firewall that `options.firewall` may name: its row. Whoever has to tell them apart asks the row.
import type { FirewallKind } from "../../core/config/firewall-kinds.ts";
import type { Firewall } from "./firewall.ts";
import type { TrialExpiry } from "./trial-expiry.ts";

export interface BackEnd {
  readonly kind: FirewallKind;
  readonly create: (expiry?: TrialExpiry) => Firewall;
  /** The programs that it runs. */
  readonly tools: readonly string[];
  /** Who keeps the administrator's own sets that doors fill. */
  readonly sets: "nft" | "ipset" | "nobody";
  /** Whether the machine's other rules may still drop who has knocked; else its accept is the last word. */
  readonly othersMayDrop: boolean;
  /** Whether several daemons may use it side by side, each with its instance's name. */
  readonly severalDaemons: boolean;
  /** Whether `knockd init` can try it: its rules end by themselves. */
  readonly trial: boolean;
  /** Whose leftovers it takes over by hiding. */
  readonly takesOver: readonly FirewallKind[];
  /**
   * What an earlier run with it has left that still hides ports, for when another one is in force. May take away what it can.
   * Looks no further than a daemon may that does not use it.
   */
  readonly left: (mayClear: boolean) => Promise<string[]>;
  /** Takes away everything of its own; rejects with what is in the way. */
  readonly clear: () => Promise<void>;
}
