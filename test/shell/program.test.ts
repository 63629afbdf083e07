import { expect, it } from "vitest";
import { optionsOfUsage, readOption } from "../../src/shell/program.ts";

const USAGE = `usage: thing [options] HOST

Does things.
  PORT              no option
options:
  -d, --delay MS    wait so long
                    (default 0)
  --wait [PORT]     then wait
files:
  --list            print them

examples: thing --list
          thing host`;

it("takes the options out of a usage text, section by section", () => {
  expect([...optionsOfUsage(USAGE)]).toEqual([
    [
      "options",
      [
        { flags: "-d, --delay MS", says: "wait so long (default 0)" },
        { flags: "--wait [PORT]", says: "then wait" },
      ],
    ],
    ["files", [{ flags: "--list", says: "print them" }]],
  ]);
});

it.each([
  ["-d, --delay MS", ["-d", "--delay"], "ms"],
  ["-c, --config <file>", ["-c", "--config"], "file"],
  ["--key-file <key-file>", ["--key-file"], "key-file"],
  ["--wait [PORT]", ["--wait"], undefined],
  ["-4, --ipv4", ["-4", "--ipv4"], undefined],
])("reads %s", (flags, names, takes) => {
  expect(readOption({ flags, says: "so" })).toEqual({ flags: names, takes, says: "so" });
});
