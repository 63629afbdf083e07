// A sequence that nobody guesses, for who has none yet.
import { BROWSERS_REFUSE, favouriteOf } from "../guard/favourites.ts";
import { oddsOfSequence } from "../guard/odds.ts";
import { indexIn, type Range, ringSlice, sizeOf } from "../guard/ranges.ts";
import { formatPort, type Port, type Protocol } from "../port.ts";

const STEPS = 4;
/** Above the well-known services, and not among the ports from which this machine's own connections leave. */
const PORTS: readonly Range[] = [
  { from: 1024, to: 32_767 },
  { from: 61_000, to: 65_535 },
];
const PROTOCOLS: readonly Protocol[] = ["tcp", "tcp", "udp"];
/** Steps are so far from each other that their blocks of guards hardly overlap. */
const DISTANCE_MIN = 1024;

/** Four ports, neither ascending nor descending, of tcp and udp; none that a dictionary has. `random` gives 0 to 1. */
export function suggestSequence(random: () => number): string {
  return `[${suggestSteps(random).map(formatPort).join(", ")}]`;
}

export function suggestSteps(random: () => number): readonly Port[] {
  for (;;) {
    const steps = Array.from({ length: STEPS }, (): Port => {
      const [chosen] = ringSlice(PORTS, Math.floor(random() * sizeOf(PORTS)), 1);
      return { protocol: PROTOCOLS[Math.floor(random() * PROTOCOLS.length)] ?? "tcp", number: chosen?.from ?? 0 };
    });
    if (isMixed(steps) && steps.every(isUncommon)) return steps;
  }
}

/**
 * What it costs to find a suggested sequence, for whoever knows how it was chosen: from fewer ports than there are, but nobody
 * knows which of the steps are tcp.
 */
export function suggestedBits(steps: readonly Port[]): number {
  const fewer = Math.log2(65_535 - 1023) - Math.log2(sizeOf(PORTS));
  const protocols = steps.map(
    ({ protocol }) => PROTOCOLS.filter((each) => each === protocol).length / PROTOCOLS.length,
  );
  const guesses = protocols.reduce((sum, odds) => sum - Math.log2(odds), 0);
  const first = steps[0]?.protocol === "udp" ? 0 : fewer;
  return oddsOfSequence(steps, "wide").bits - first + guesses;
}

function isUncommon(step: Port): boolean {
  return indexIn(PORTS, step.number) !== -1 && favouriteOf(step) === undefined && !BROWSERS_REFUSE.has(step.number);
}

function isMixed(steps: readonly Port[]): boolean {
  const rises = steps.slice(1).filter((step, index) => step.number > (steps[index]?.number ?? 0)).length;
  const apart = steps.every((step, index) =>
    steps.slice(0, index).every((one) => Math.abs(one.number - step.number) >= DISTANCE_MIN),
  );
  return apart && rises > 0 && rises < steps.length - 1;
}
