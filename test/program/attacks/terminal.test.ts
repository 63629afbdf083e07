// The attack: a hostile file, whose control characters the terminal of whoever imports or checks it obeys.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { knockd } from "../../support/knockd.ts";
import { OUR_KNOCK } from "../../support/lab.ts";
import { Running } from "../../support/running.ts";
import { Scratch } from "../../support/scratch.ts";

const EVIL = "\u001b]0;owned\u0007\u001b[2J\u202e\u009b1m";
// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys.
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

describe("what a hostile file says", () => {
  const scratch = new Scratch();
  beforeAll(() => scratch.make());
  afterAll(() => scratch.remove());

  it.each([
    [
      "import",
      "knockd.conf",
      `[options]\n  Interface = ${EVIL}\n[${EVIL}]\n  Sequence = 1,2\n  Bogus${EVIL} = 1\n  Command = x ${EVIL}\n`,
    ],
    [
      "check",
      "knockd.yaml",
      `doors: { "a${EVIL.replaceAll("\u001b", "\\e").replaceAll("\u0007", "\\a")}": { sequence: 1, opn: 2 } }\n`,
    ],
  ])("reaches the terminal of knockd %s (%s) as letters", async (command, name, text) => {
    const file = scratch.write(name, text);
    const said = await knockd(command, ...(command === "check" ? ["-c"] : []), file);
    expect(said.stdout + said.stderr).toMatch(/owned|U\+001B/);
    expect(said.stdout + said.stderr).not.toMatch(OBEYED);
  });

  it("reaches the terminal of knock as letters", async () => {
    const knock = new Running([...OUR_KNOCK, "--import", `knock://host${EVIL}?sequence=1`]);
    expect(await knock.ended()).toBe(1);
    expect(knock.stdout + knock.stderr).toMatch(/knock: /);
    expect(knock.stdout + knock.stderr).not.toMatch(OBEYED);
  });
});
