// Times as administrators write them, as milliseconds.

const UNIT_MS: Record<string, number> = { "": 1000, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A year; longer than any door should stand open, and far from where timers overflow. */
export const DURATION_MAX_MS = 365 * 86_400_000;

/** Reads seconds (`30`) or `30s`, `5m`, `1h`, `1d`, `300ms` as milliseconds. Throws a RangeError that says what was expected. */
export function parseDuration(text: string): number {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)\s*(ms|[smhd])?$/.exec(text.trim()) ?? [];
  const durationMs = Math.round(Number(count) * (UNIT_MS[unit] ?? Number.NaN));
  if (durationMs <= DURATION_MAX_MS) return durationMs;
  throw new RangeError(`expected a time such as 30, 30s, 5m, 1h or 1d (a year at most), got ${JSON.stringify(text)}`);
}

/** For people, in its two largest units: `2d 3h`, `5m 0s`, `12s`; what has begun counts. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.ceil(durationMs / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0s";
  return parts
    .slice(first, first + 2)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ");
}
