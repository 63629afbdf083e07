// Inclusive ranges of numbers: ports and port keys are watched and guarded in runs.

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The runs that these numbers make, in ascending order. */
export function rangesOf(numbers: Iterable<number>): Range[] {
  const ranges: Range[] = [];
  let from = Number.NaN;
  let to = Number.NaN;
  for (const number of Float64Array.from(numbers).sort()) {
    if (number <= to + 1) {
      to = number;
      continue;
    }
    if (!Number.isNaN(from)) ranges.push({ from, to });
    from = number;
    to = number;
  }
  return Number.isNaN(from) ? ranges : [...ranges, { from, to }];
}

/** The same of ranges in any order, which may overlap. */
export function joined(ranges: readonly Range[]): Range[] {
  const result: { from: number; to: number }[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to);
    else result.push({ from, to });
  }
  return result;
}

export function sizeOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

/** Where `number` stands among those of all ranges, counted from 0; -1: it is in none. */
export function indexIn(ranges: readonly Range[], number: number): number {
  let before = 0;
  for (const { from, to } of ranges) {
    if (number >= from && number <= to) return before + number - from;
    before += to - from + 1;
  }
  return -1;
}

/** `count` numbers of the ranges from the one at `start`, going on at the beginning behind the end. */
export function ringSlice(ranges: readonly Range[], start: number, count: number): Range[] {
  const size = sizeOf(ranges);
  const first = ((start % size) + size) % size;
  const beforeEnd = slice(ranges, first, Math.min(count, size - first));
  return first + count <= size ? beforeEnd : [...beforeEnd, ...slice(ranges, 0, first + count - size)];
}

function slice(ranges: readonly Range[], start: number, count: number): Range[] {
  let before = 0;
  return ranges.flatMap(({ from, to }) => {
    const low = Math.max(from, from + start - before);
    const high = Math.min(to, from + start + count - 1 - before);
    before += to - from + 1;
    return low <= high ? [{ from: low, to: high }] : [];
  });
}
