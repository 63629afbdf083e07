// Guard ports: ports that only a scanner touches. A touch ends the source's attempts, so no scan can walk a sequence.
import type { Door } from "./door.ts";
import { type Protocol, portKey } from "./port.ts";

/** 128 secret bits that decide where the guards stand. */
export type GuardSecret = readonly [number, number, number, number];

/**
 * Secret guards stand in blocks of neighbouring ports, since a block costs the capture filter no more than one port does.
 * A scan in random order opens a door of k steps with odds of about k!:(k+g)^k if it meets g guards on its way.
 */
const BLOCK_PORTS = 8;
/** Blocks near each step, which meet a scan of the range around a sequence. */
const NEARBY_BLOCKS = 4;
const NEARBY_DISTANCE = 1024;
/** BOUNDED: nearby blocks per protocol, however many doors there are. */
const NEARBY_BLOCKS_MAX = 32;
/** Blocks per protocol all over the high ports, which meet a scan of everything. */
const HIGH_BLOCKS = 8;

/** Where a block of high ports may begin: outside Linux's range for its own outgoing connections (32768 to 60999), so that no answer touches it. */
const HIGH_RANGES = [
  { from: 10_000, to: 32_768 - BLOCK_PORTS },
  { from: 61_000, to: 65_536 - BLOCK_PORTS },
] as const;

const PORT_MAX = 65_535;
/** Below this a stray connection may be somebody's mistake, not a scan. */
const SECRET_MIN = 1024;

/**
 * The guards of all doors as port keys: each step's neighbours p-1 and p+1, and secret ports per protocol. Never a port in
 * `inUse` (what something listens on), nor one that a door is knocked at or opens. The same secret gives the same guards.
 */
export function guardPorts(doors: readonly Door[], inUse: ReadonlySet<number>, secret: GuardSecret): Set<number> {
  const taken = takenPorts(doors, inUse);
  const guards = neighbourPorts(doors, inUse);
  const random = generator(secret);
  const addTo = (protocol: Protocol, number: number): void => {
    const key = portKey(protocol, number);
    if (number <= PORT_MAX && !taken.has(key)) guards.add(key);
  };
  const steps = doors.flatMap((door) => door.sequence);
  const addBlock = (protocol: Protocol, first: number): void => {
    for (let number = first; number < first + BLOCK_PORTS; number++) if (number >= SECRET_MIN) addTo(protocol, number);
  };
  for (const protocol of ["tcp", "udp"] as const) {
    const ports = steps.filter((step) => step.protocol === protocol).map((step) => step.number);
    for (let index = 0; index < Math.min(NEARBY_BLOCKS_MAX, NEARBY_BLOCKS * ports.length); index++) {
      const center = ports[index % ports.length] ?? 0;
      addBlock(protocol, center + Math.floor((2 * random() - 1) * NEARBY_DISTANCE));
    }
    if (ports.length > 0) for (let index = 0; index < HIGH_BLOCKS; index++) addBlock(protocol, highPort(random()));
  }
  return guards;
}

/** Only those that everybody may know who knows the doors. */
export function neighbourPorts(doors: readonly Door[], inUse: ReadonlySet<number>): Set<number> {
  const taken = takenPorts(doors, inUse);
  const keys = doors
    .flatMap((door) => door.sequence)
    .flatMap(({ protocol, number }) => [number - 1, number + 1].map((next) => ({ protocol, next })))
    .filter(({ next }) => next >= 1 && next <= PORT_MAX)
    .map(({ protocol, next }) => portKey(protocol, next));
  return new Set(keys.filter((key) => !taken.has(key)));
}

function takenPorts(doors: readonly Door[], inUse: ReadonlySet<number>): Set<number> {
  const ports = doors.flatMap((door) => [...door.sequence, ...door.open]);
  return new Set([...inUse, ...ports.map((port) => portKey(port.protocol, port.number))]);
}

/** Maps 0 to 1 onto the high ranges. */
function highPort(fraction: number): number {
  const [low, high] = HIGH_RANGES;
  const lowSize = low.to - low.from + 1;
  const index = Math.floor(fraction * (lowSize + high.to - high.from + 1));
  return index < lowSize ? low.from + index : high.from + index - lowSize;
}

/** sfc32 (Doty-Humphrey, PractRand): small, well distributed; nobody sees its output, so it need not be cryptographic. */
function generator(secret: GuardSecret): () => number {
  let [a, b, c, counter] = secret;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}
