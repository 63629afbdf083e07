// What a firewall can do for doors. Opening and closing stand side by side in each back-end's own file.
import type { Network } from "../../core/config/config.ts";
import type { Door } from "../../core/door.ts";

/** What is hidden, and from whom not. */
export interface Hidden {
  readonly doors: readonly Door[];
  readonly allow: readonly Network[];
}

/** Every method rejects with an Error that carries the firewall's own words. */
export interface Firewall {
  /**
   * Hides the ports of all doors, at start and again whenever the doors change; open grants stay. Resolves to whether what
   * it had hidden before was taken away by somebody else, and open grants with it.
   */
  hide(hidden: Hidden): Promise<boolean>;
  /** Why opening takes longer than it need, once something was hidden. */
  readonly slow?: string | undefined;
  /** Lets `ip` through `door` for so long; also extends. */
  open(door: Door, ip: string, durationMs: number): Promise<void>;
  /** Ends it now, whether or not its time is over. */
  close(door: Door, ip: string): Promise<void>;
  /** Who is let through now, perhaps since an earlier run, or by somebody else's doing. */
  listOpen(): Promise<OpenElement[]>;
  /** Calls back, whenever what we hide has been taken away, or made anew, by somebody else. */
  guard(takenAway: () => void): void;
  /** Gives up its helpers, and resolves once they have ended, or soon; what is hidden stays hidden. */
  release(): Promise<void>;
  /** Takes everything of ours out of the firewall. */
  remove(): Promise<void>;
}

/** An address in one of our sets. */
export interface OpenElement {
  readonly door: string;
  readonly ip: string;
}
