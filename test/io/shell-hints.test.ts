// Commands that cannot begin, told ahead: with this machine's own shell and programs.
import { describe, expect, it } from "vitest";
import { shellHints } from "../../src/io/shell-hints.ts";
import { door } from "../support/doors.ts";

function said(start_command: string | string[]): string[] {
  return shellHints(door({ name: "a", start_command })).map((text) => text.replace("doors.a.start_command: ", ""));
}

describe("a command that can never begin", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    ["iptablez -I INPUT -s %IP% -j ACCEPT", /^there is no program "iptablez" on this machine$/],
    ["./open.sh %IP%", /^there is no program "\.\/open\.sh" on this machine$/],
    [["/opt/nowhere/open", "%IP%"], /^there is no program "\/opt\/nowhere\/open" on this machine$/],
    [["/bin/echo -n %IP%"], /^the whole text "\/bin\/echo -n %IP%" is the program here: a list has each word by itself, \[\/bin\/echo, \.\.\.\]/],
    [["/etc", "%IP%"], /^"\/etc" is no program that can be run$/],
    [["/etc/passwd"], /^"\/etc\/passwd" is no program that can be run$/],
    ["[[ %IP% == 10.* ]] && true", /^\/bin\/sh has no \[\[, which is of bash/],
    ["source /etc/profile; true", /^\/bin\/sh has no source, which is of bash/],
    ["echo 'x", /^the shell cannot read it: /],
    ["if true; then echo", /^the shell cannot read it: /],
  ])("%j", (command, expected) => {
    expect(said(command)).toEqual([expect.stringMatching(expected)]);
  });

  it.each(["echo %IP%", "[ -e /etc ] && true", "FOO=1 nowhere", "$HOME/x", "/bin/echo 'a b'", ": x"])(
    "is not %j",
    (command) => {
      expect(said(command)).toEqual([]);
    },
  );

  it("is not a list of a program and its words", () => {
    expect(said(["/bin/echo", "a b", "%IP%"])).toEqual([]);
    expect(said(["%IP%"])).toEqual([]);
  });
});
