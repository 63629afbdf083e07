import { expect, it } from "vitest";
import { readOption } from "../../src/shell/program.ts";

it.each([
  ["-d, --delay MS", ["-d", "--delay"], "ms"],
  ["-c, --config <file>", ["-c", "--config"], "file"],
  ["--key-file <key-file>", ["--key-file"], "key-file"],
  ["--wait [PORT]", ["--wait"], undefined],
  ["-4, --ipv4", ["-4", "--ipv4"], undefined],
])("reads %s", (flags, names, takes) => {
  expect(readOption({ flags, says: "so" })).toEqual({ flags: names, takes, says: "so" });
});
