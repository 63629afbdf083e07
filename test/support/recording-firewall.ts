// A firewall that keeps in memory what a real one would keep in the kernel, and can be told to fail.
import type { Door } from "../../src/core/door.ts";
import type { Firewall, Hidden } from "../../src/io/firewall.ts";

export class RecordingFirewall implements Firewall {
  /** Port texts of all `open` doors that are hidden now. */
  hidden: readonly string[] = [];
  /** `ssh 192.0.2.7` -> when it closes by itself, in milliseconds of the (fake) clock. */
  readonly #ends = new Map<string, number>();
  /** What the next calls reject with. */
  failure: Error | undefined;

  async hide({ doors }: Hidden): Promise<void> {
    this.#failIfTold();
    this.hidden = doors.flatMap((door) => door.open.map(({ number, protocol }) => `${number}/${protocol}`));
  }

  async open(door: Door, ip: string, durationMs: number): Promise<void> {
    this.#failIfTold();
    if (usesFirewall(door)) this.#ends.set(`${door.name} ${ip}`, performance.now() + durationMs);
  }

  async close(door: Door, ip: string): Promise<void> {
    this.#failIfTold();
    this.#ends.delete(`${door.name} ${ip}`);
  }

  release(): void {}

  /** Who is let through now, such as `ssh 192.0.2.7`. */
  get letThrough(): string[] {
    return [...this.#ends].filter(([, end]) => end > performance.now()).map(([grant]) => grant);
  }

  #failIfTold(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}

function usesFirewall(door: Door): boolean {
  return door.open.length > 0 || door.sets[4] !== undefined || door.sets[6] !== undefined;
}
