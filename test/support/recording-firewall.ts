// A firewall that keeps in memory what a real one would keep in the kernel, and can be told to fail.
import type { Door } from "../../src/core/door.ts";
import type { Firewall, Hidden, OpenElement } from "../../src/io/firewall/firewall.ts";

const NEVER = new Promise<never>(() => {});

export class RecordingFirewall implements Firewall {
  /** Port texts of all `open` doors that are hidden now. */
  hidden: readonly string[] = [];
  /** `ssh 192.0.2.7` -> when it closes by itself, in milliseconds of the (fake) clock. */
  #ends = new Map<string, number>();
  /** What the next calls reject with. */
  failure: Error | undefined;
  openFailure: Error | undefined;
  #takenAway: () => void = () => {};
  #dead = false;
  #flushed = false;

  async hide({ doors }: Hidden): Promise<boolean> {
    await this.#failIfTold();
    const takenAway = this.#flushed;
    this.#flushed = false;
    this.hidden = doors.flatMap((door) => door.open.map(({ number, protocol }) => `${number}/${protocol}`));
    return takenAway;
  }

  async open(door: Door, ip: string, durationMs: number): Promise<void> {
    await this.#failIfTold();
    if (this.openFailure !== undefined) throw this.openFailure;
    if (usesFirewall(door)) this.#ends.set(`${door.name} ${ip}`, performance.now() + durationMs);
  }

  async close(door: Door, ip: string): Promise<void> {
    await this.#failIfTold();
    this.#ends.delete(`${door.name} ${ip}`);
  }

  async listOpen(): Promise<OpenElement[]> {
    return [...this.#ends].flatMap(([grant, end]) => {
      const [door = "", ip = ""] = grant.split(" ");
      return end > performance.now() ? [{ door, ip }] : [];
    });
  }

  guard(takenAway: () => void): void {
    this.#takenAway = takenAway;
  }

  async release(): Promise<void> {}

  async remove(): Promise<void> {
    this.hidden = [];
    this.#ends.clear();
  }

  /** The same kernel for the next run; what the killed one still asks for is never answered. */
  handOn(): RecordingFirewall {
    const next = new RecordingFirewall();
    next.hidden = this.hidden;
    next.#ends = this.#ends;
    this.#dead = true;
    return next;
  }

  /** Somebody flushes the ruleset. */
  flush({ silently = false } = {}): void {
    this.hidden = [];
    this.#ends.clear();
    this.#flushed = true;
    if (!silently) this.#takenAway();
  }

  /** Who is let through now, such as `ssh 192.0.2.7`. */
  letThrough(): string[] {
    return [...this.#ends].filter(([, end]) => end > performance.now()).map(([grant]) => grant);
  }

  async #failIfTold(): Promise<void> {
    if (this.#dead) await NEVER;
    if (this.failure !== undefined) throw this.failure;
  }
}

function usesFirewall(door: Door): boolean {
  return door.open.length > 0 || door.sets[4] !== undefined || door.sets[6] !== undefined;
}
