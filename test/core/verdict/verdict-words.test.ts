import { describe, expect, it } from "vitest";
import type { SequenceVerdict, Sighting } from "../../../src/core/verdict/verdict.ts";
import { compareVerdicts, sightingLine, sightingWords, verdictWords } from "../../../src/core/verdict/verdict-words.ts";

const AT = { door: "ssh", stage: 1, steps: 4, expected: "8000/tcp" };
const STEP = { door: "ssh", step: 4, steps: 5 };

// What a knock makes of them is in witness.test.ts; here is what it seldom makes.
describe("the words of a verdict", () => {
  it.each<[SequenceVerdict, string]>([
    [
      { ...STEP, outcome: "other-source", other: "192.0.2.8" },
      "step 4 of 5, but steps 1 to 3 came from 192.0.2.8: two addresses?",
    ],
    [{ ...AT, outcome: "guard", anew: true }, "dropped at stage 1 of 4: guard port, expected 8000/tcp, begins anew"],
    [
      { ...AT, outcome: "too-slow", elapsedMs: 11_249, limitMs: 10_000, anew: false },
      "too slow at stage 1 of 4: 11.2 s since the first knock, limit 10 s",
    ],
    [
      { ...AT, outcome: "too-slow", elapsedMs: 501, limitMs: 500, anew: false },
      "too slow at stage 1 of 4: 0.5 s since the first knock, limit 0.5 s",
    ],
    [{ door: "ssh", outcome: "cool-down", leftMs: 59_960 }, "hears nobody for another 60 s, its cool-down"],
    [
      { door: "ssh", outcome: "target-family", family: 4, target: "2001:db8::1" },
      "an IPv4 knock, but the target 2001:db8::1 is IPv6",
    ],
  ])("%j are %j", (verdict, words) => {
    expect(verdictWords(verdict)).toBe(words);
  });

  it("put what went well before what went wrong, and that before what did no harm", () => {
    const verdicts: SequenceVerdict[] = [
      { ...AT, outcome: "repeated" },
      { ...STEP, outcome: "no-attempt", first: "7000/tcp" },
      { ...AT, outcome: "wrong-port", anew: false },
      { door: "ssh", outcome: "opened" },
    ];
    expect(verdicts.sort(compareVerdicts).map(({ outcome }) => outcome)).toEqual([
      "opened",
      "wrong-port",
      "no-attempt",
      "repeated",
    ]);
  });
});

describe("the words of a sighting", () => {
  const knock = { destination: "198.51.100.1", port: "7000/tcp", flags: "SYN", watched: "step" } as const;

  it("name a few doors, and count the others", () => {
    const verdicts = Array.from({ length: 1000 }, (_, index) => ({ door: `d${index}`, outcome: "opened" as const }));
    const words = sightingWords({ source: "192.0.2.7", knock, agoMs: 0, verdicts });
    expect(words).toMatch(/^d0: opens; d1: opens; .*; d7: opens; and 992 more doors$/);
  });

  it.each<[Sighting["knock"], string]>([
    [{ ...knock, watched: "guard" }, "guard port, no attempt to drop"],
    [{ ...knock, watched: "nobody" }, "ignored"],
  ])("say something also where no door took notice", (seen, words) => {
    expect(sightingWords({ source: "192.0.2.7", ...(seen ? { knock: seen } : {}), agoMs: 0, verdicts: [] })).toBe(
      words,
    );
  });

  it("stand in columns", () => {
    expect(sightingLine("192.0.2.7", "7000/tcp", "ssh: opens")).toBe("192.0.2.7       7000/tcp  ssh: opens");
    expect(sightingLine("2001:db8::7", undefined, "ssh: opens")).toBe("2001:db8::7     -         ssh: opens");
    expect(sightingLine("2001:db8:1234:5678:9abc:def0:1234:5678", "65535/tcp", "ssh: opens")).toBe(
      "2001:db8:1234:5678:9abc:def0:1234:5678 65535/tcp ssh: opens",
    );
  });
});
