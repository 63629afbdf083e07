import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseOneTime } from "../../src/core/one-time.ts";
import { formatPort } from "../../src/core/port.ts";

function read(text: string) {
  const { sequences, unreadable } = parseOneTime(Buffer.from(text, "latin1"));
  return {
    unreadable,
    sequences: sequences.map(({ sequence, offset }) => `${offset}: ${sequence.map(formatPort).join(" ")}`),
  };
}

describe("a file of one-time sequences", () => {
  it.each([
    ["", [], 0],
    ["\n\n  \n", [], 0],
    ["7000,8000,9000\n", ["0: 7000/tcp 8000/tcp 9000/tcp"], 0],
    ["7000,8000,9000", ["0: 7000/tcp 8000/tcp 9000/tcp"], 0],
    ["7000:udp,8000/tcp, 9000 \n", ["0: 7000/udp 8000/tcp 9000/tcp"], 0],
    ["1,2\n3,4\n", ["0: 1/tcp 2/tcp", "4: 3/tcp 4/tcp"], 0],
    ["1,2\r\n3,4\r\n", ["0: 1/tcp 2/tcp", "5: 3/tcp 4/tcp"], 0],
    ["#,2\n3,4\n", ["4: 3/tcp 4/tcp"], 0],
    ["# used\n  # used too\n\n3,4\n", ["21: 3/tcp 4/tcp"], 0],
    [" 3,4\n", ["0: 3/tcp 4/tcp"], 0],
    ["ssh\n1,2\n1,,2\n70000\n", ["4: 1/tcp 2/tcp"], 3],
    ["1,2 # my first\n", [], 1],
    [
      `${new Array(32).fill(1).join()}\n${new Array(33).fill(1).join()}\n`,
      [`0: ${new Array(32).fill("1/tcp").join(" ")}`],
      1,
    ],
    ["\u00e9t\u00e9\n1,2\n", ["4: 1/tcp 2/tcp"], 1],
  ])("%j holds %j", (text, sequences, unreadable) => {
    expect(read(text)).toEqual({ sequences, unreadable });
  });

  it("says of each sequence at which byte it can be struck out", () => {
    const line = fc.stringMatching(/^[ #]?\d{1,5}(,\d{1,5}){0,3}$/);
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom("\n", "\r\n"), (lines, newline) => {
        const bytes = Buffer.from(lines.join(newline));
        const { sequences, unreadable } = parseOneTime(bytes);
        for (const { offset } of sequences) {
          expect(offset === 0 || bytes[offset - 1] === 0x0a).toBe(true);
          const struck = Buffer.from(bytes);
          struck.write("#", offset);
          const after = parseOneTime(struck);
          expect(after.sequences.map((each) => each.offset)).toEqual(
            sequences.map((each) => each.offset).filter((each) => each !== offset),
          );
          expect(after.unreadable).toBe(unreadable);
        }
      }),
    );
  });

  it("may hold any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const { sequences, unreadable } = parseOneTime(bytes);
        expect(sequences.length + unreadable).toBeLessThanOrEqual(bytes.filter((byte) => byte === 0x0a).length + 1);
      }),
    );
  });
});
