// What the path and the thread beside it say to each other. The keys go one way, once; nothing that comes back holds one.
import type { Key } from "./key.ts";
import { type Opened, open, type PreparedKey } from "./open-packet.ts";
import type { Refusal } from "./refusal.ts";

/** Answers come in the order of the orders with texts. */
export type Order = { readonly keys: readonly Key[] } | { readonly texts: readonly string[] };

export interface Answer {
  /** One for each text. */
  readonly verdicts: readonly Tried[];
  readonly spentMs: number;
}

/** `key` is its number among those of the last order. */
export type Tried = Refusal | (Omit<Opened, "key"> & { readonly key: number });

export function tryKeys(text: string, keys: readonly PreparedKey[]): Tried {
  const opened = open(text, keys);
  return "reason" in opened ? opened : { ...opened, key: keys.findIndex(({ key }) => key === opened.key) };
}

export function openedBy(tried: Tried, keys: readonly Key[]): Opened | Refusal {
  if ("reason" in tried) return tried;
  const key = keys[tried.key];
  return key === undefined ? { reason: "no-key" } : { ...tried, key };
}
