// The attack: a thousand forged replays of a knock that was overheard, and then one's own opening, of which the log has room for no
// line any more. Each network's first opening has its line, and the others are named together.

import { describe, expect, it } from "vitest";
import { LINES_MAX, LineLimit, NAMED_MAX } from "../../src/core/text/line-limit.ts";
import { words } from "../../src/core/text/words.ts";

/** One /24 each. */
const forged = (number: number): string => `10.${number >> 8}.${number & 255}.9`;

describe("an opening in a flood of forged ones", () => {
  it.each(["192.0.2.7", "2001:db8:7::1"])("of %s stands in the log", (own) => {
    const limit = new LineLimit();
    for (let number = 0; number < 10 * LINES_MAX; number++) limit.admit("opened", "ssh", forged(number));
    expect(limit.admit("opened", "ssh", own)).toBe(true);
    expect(limit.admit("opened", "ssh", own)).toBe(false);
  });

  it("from a network that was forged, too, is named when the minute is over", () => {
    const limit = new LineLimit();
    for (let number = 0; number < LINES_MAX; number++) limit.admit("opened", "ssh", forged(number));
    expect(limit.admit("opened", "ssh", "192.0.2.1")).toBe(true);
    for (const host of [2, 3]) expect(limit.admit("opened", "ssh", `192.0.2.${host}`)).toBe(false);
    const [leftOut] = limit.turn();
    expect(leftOut).toEqual({
      kind: { event: "opened", door: "ssh" },
      lines: 2,
      addresses: ["192.0.2.2", "192.0.2.3"],
    });
    expect(words.leftOut("opened", "ssh", 2, leftOut?.addresses)).toBe(
      'ssh: 2 more lines of "opened" in the last minute left out, about 192.0.2.2 192.0.2.3',
    );
  });

  it("does not make other lines endless: they are counted, with as many addresses as a line holds", () => {
    const limit = new LineLimit();
    const admitted = Array.from({ length: 5000 }, (_each, number) => limit.admit("closed", "ssh", forged(number)));
    expect(admitted.filter((yes) => yes).length).toBe(LINES_MAX);
    expect(limit.turn()).toMatchObject([{ lines: 4000, addresses: { length: NAMED_MAX } }]);
  });
});
