// Why a signed packet opens nothing. What follows `unreadable` was signed with that key, so it was no stranger's invention.

export type Refusal =
  /** Its length or its characters are no packet's, or no packet's of any of our keys. */
  | { readonly reason: "malformed" }
  | { readonly reason: "no-key" }
  /** More packets than there is time to try keys for: its place in the queue went to another. */
  | { readonly reason: "busy" }
  | KeyRefusal;

/** All of them name the key, none of them a secret. */
export type KeyRefusal = { readonly key: string } & (
  | { readonly reason: "unreadable" }
  /** `field` is not as the format wants it. */
  | { readonly reason: "field"; readonly field: SpaField }
  | { readonly reason: "weak-digest"; readonly digest: "md5" | "sha1" }
  | { readonly reason: "expired"; readonly lastDay: string }
  /** Positive: the sender's clock is ahead of ours. */
  | { readonly reason: "clock"; readonly aheadS: number; readonly maxS: number }
  | { readonly reason: "replay" }
  /** From before the time that we remember packets of. */
  | { readonly reason: "forgotten"; readonly ageS: number }
  | { readonly reason: "memory-full" }
  | { readonly reason: "command" }
  /** Address translation, which no door of the key's offers. */
  | { readonly reason: "nat" }
  /** `192.168.1.10:22`, as the sender wrote it. */
  | { readonly reason: "nat-host"; readonly to: string }
  /** `from`: the ports that do lead there. */
  | { readonly reason: "nat-port"; readonly port: string; readonly to: string; readonly from: readonly string[] }
  | { readonly reason: "address"; readonly embedded: string; readonly sender: string }
  | { readonly reason: "no-host"; readonly address: string }
  /** `22/tcp`. */
  | { readonly reason: "port"; readonly port: string }
);

export type SpaField = "digest" | "user" | "time" | "version" | "type" | "message" | "nat" | "time-out" | "count";

export type RefusalReason = Refusal["reason"];
