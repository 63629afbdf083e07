import { describe, expect, it } from "vitest";
import { sightingJson } from "../../../src/core/verdict/json.ts";

const AT = "2026-11-23T12:03:11.204Z";

describe("a sighting as JSON", () => {
  it("holds every fact under keys in snake case, and the words", () => {
    const knock = { destination: "198.51.100.1", port: "7000/tcp", flags: "SYN", watched: "step" } as const;
    const stage = { door: "ssh", stage: 1, steps: 3, expected: "8000/tcp" };
    const verdict = { ...stage, outcome: "too-slow", elapsedMs: 11_200, limitMs: 10_000, anew: false } as const;
    expect(sightingJson({ source: "192.0.2.7", knock, agoMs: 0, verdicts: [verdict] }, AT)).toEqual({
      event: "knock",
      at: AT,
      source: "192.0.2.7",
      ...knock,
      verdicts: [{ ...stage, outcome: "too-slow", elapsed_ms: 11_200, limit_ms: 10_000, anew: false }],
      text: "ssh: too slow at stage 1 of 3: 11.2 s since the first knock, limit 10 s",
    });
  });

  it("is another event when nothing arrived", () => {
    expect(sightingJson({ source: "192.0.2.7", agoMs: 9, verdicts: [] }, AT)).toMatchObject({
      event: "timeout",
      at: AT,
    });
  });

  it("holds a bounded number of verdicts", () => {
    const verdicts = Array.from({ length: 1000 }, () => ({ door: "d", outcome: "opened" as const }));
    expect(sightingJson({ source: "192.0.2.7", agoMs: 0, verdicts }, AT)["verdicts"]).toHaveLength(256);
  });
});
