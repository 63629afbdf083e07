import fc from "fast-check";
import { expect, it } from "vitest";
import { suggestSequence } from "../../../src/core/config/suggest.ts";
import { weaknesses } from "../../../src/core/config/weakness.ts";
import { config } from "../../support/doors.ts";

it("a suggested sequence is one that check finds nothing to say about", () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (stream) => {
      const random = (): number => stream.next().value ?? Math.random();
      const sequence = suggestSequence(mixed(random));
      expect(weaknesses(config([{ sequence: sequence.slice(1, -1) }]))).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

/** A stream that repeats one number for ever is no random source; this one moves on. */
function mixed(random: () => number): () => number {
  let count = 0;
  return () => (random() + count++ * 0.6180339887) % 1;
}
