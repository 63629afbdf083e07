// A command that ends by itself what it opens: how long that lasts. Then knocking again must run it again.
import type { Command } from "./door.ts";

const UNIT_S: Record<string, number> = {
  "": 1,
  s: 1,
  m: 60,
  min: 60,
  minutes: 60,
  minute: 60,
  h: 3600,
  hours: 3600,
  d: 86_400,
};
const TIMES = [
  // ipset, and an element of nftables: `timeout 30`, `timeout 1h30m`.
  /\b(?:ipset|nft)\b.*?\btimeout ((?:\d+[smhd]?)+)\b/,
  /\bfirewall-cmd\b.*?--timeout[= ](\d+[smh]?)\b/,
  /\bat now ?\+ ?(\d+ ?(?:minutes?|min|hours|d))\b/,
  /\bsystemd-run\b.*?--on-active[= ](\d+(?:s|m|min|h)?)\b/,
  // It is closed in the background.
  /\bsleep (\d+[smhd]?)\b(?=.*[;&].*(?:-D|--delete|\bdel(?:ete)?\b|--remove))/,
];

/** Milliseconds; undefined: it opens until something else closes. */
export function ownTimeMs(command: Command | undefined): number | undefined {
  if (command === undefined) return undefined;
  const text = ("shell" in command ? command.shell : command.argv.join(" ")).replace(/\s+/g, " ");
  const found = TIMES.map((form) => form.exec(text)?.[1]).find((time) => time !== undefined);
  const seconds = [...(found ?? "").matchAll(/(\d+) ?([a-z]*)/g)].map(
    ([, count, unit = ""]) => Number(count) * (UNIT_S[unit] ?? 0),
  );
  const total = seconds.reduce((sum, each) => sum + each, 0);
  // 0 is for ever.
  return total > 0 ? total * 1000 : undefined;
}
