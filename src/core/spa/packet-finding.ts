// What the packet matcher tells: which key a packet was signed with and what it earned, or why it earned nothing.
import type { Earned } from "../way.ts";
import type { Refusal } from "./refusal.ts";

/** Always told. */
export type PacketFinding = { readonly way: "packet" } & (
  | { readonly what: "accepted"; readonly key: string; readonly earned: readonly Earned[] }
  | { readonly what: "refused"; readonly refusal: Refusal }
);
