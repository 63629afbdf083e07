// What the log says of codes. Never a code: one that was refused may still be good for another half a minute.

import { type CodeRefusal, codeVerdictWords, TWO_ASKED } from "./code-verdict.ts";
import { FAILURES_MAX } from "./suspicion.ts";

/** What the log and the metrics tell apart. */
export type CodeTrouble = "wrong" | "clock" | "used" | "forgotten" | "memory_full" | "dropped" | "second" | "suspected";

const TROUBLES: Record<CodeRefusal["outcome"], Exclude<CodeTrouble, "dropped" | "suspected">> = {
  "code-wrong": "wrong",
  "code-clock": "clock",
  "code-used": "used",
  "code-forgotten": "forgotten",
  "code-memory-full": "memory_full",
  "code-second": "second",
};

const MORE: Record<CodeTrouble, string> = {
  wrong: "wrong codes",
  clock: "codes of another time",
  used: "codes that were used already",
  forgotten: "codes of a time whose used codes are not known",
  memory_full: "codes refused, too many were used lately",
  dropped: "attempts dropped, wrong port for a code",
  second: "right codes that need the next one as well",
  suspected: "addresses with too many failed codes",
};

export const codeWords = {
  accepted: (ip: string, door: string) => `${ip}: ${door}: code accepted`,
  refused: (ip: string, door: string, reason: string) => `${ip}: ${door}: ${reason}`,
  refusal: (refusal: CodeRefusal) => ({
    trouble: TROUBLES[refusal.outcome],
    reason: `refused: ${codeVerdictWords(withoutPair(refusal))}`,
  }),
  dropped: () => "attempt dropped, wrong port for a code",
  suspected: () => `${FAILURES_MAX} failed codes in a minute: ${TWO_ASKED}`,
  /** `addresses` are those that had not failed within the minute before. */
  more: (door: string, trouble: CodeTrouble, count: number, addresses: number) => {
    const from = addresses > 0 ? ` from ${addresses} more ${addresses === 1 ? "address" : "addresses"}` : "";
    return `${door}: ${count} more in the last minute: ${MORE[trouble]}${from}`;
  },
  storm: (text: string) => `${text}: somebody is guessing`,
  usedUnread: (reason: string) =>
    `cannot read which codes were used, those of before this start are refused: ${reason}`,
  usedNotKept: (reason: string) => `cannot note that a code was used, after a restart only newer ones open: ${reason}`,
};

/** Which pair was wrong is for who looks on now, not for a file that others may read. */
function withoutPair(refusal: CodeRefusal): CodeRefusal {
  if (refusal.outcome !== "code-wrong") return refusal;
  const { outcome, door, failures } = refusal;
  return { outcome, door, failures };
}
