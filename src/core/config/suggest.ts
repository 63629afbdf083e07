// A sequence that nobody guesses, for who has none yet.
import { formatPort, type Port, type Protocol } from "../port.ts";

const STEPS = 4;
/** Above the well-known services, below the ports from which this machine's own connections leave. */
const PORTS = { from: 1024, to: 32_767 };
const PROTOCOLS: readonly Protocol[] = ["tcp", "tcp", "udp"];

/** Four ports, neither ascending nor descending, of tcp and udp. `random` gives 0 to 1. */
export function suggestSequence(random: () => number): string {
  for (;;) {
    const steps = Array.from({ length: STEPS }, (): Port => {
      const number = PORTS.from + Math.floor(random() * (PORTS.to - PORTS.from + 1));
      return { protocol: PROTOCOLS[Math.floor(random() * PROTOCOLS.length)] ?? "tcp", number };
    });
    if (isMixed(steps)) return `[${steps.map(formatPort).join(", ")}]`;
  }
}

function isMixed(steps: readonly Port[]): boolean {
  const rises = steps.slice(1).filter((step, index) => step.number > (steps[index]?.number ?? 0)).length;
  const different = new Set(steps.map((step) => step.number)).size === steps.length;
  return different && rises > 0 && rises < steps.length - 1;
}
