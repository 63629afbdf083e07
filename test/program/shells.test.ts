// Completion as it is shipped, in the shells themselves.

import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Running } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const CONFIG =
  "doors:\n  ssh:\n    sequence: 31337,4242/udp\n    open: 22\n  smtp:\n    sequence: 9171,17\n    open: 25\n";
const PROFILES = "profiles:\n  home:\n    host: home.example\n    sequence: 7100,8200\n";

const scratch = new Scratch();
beforeAll(() => {
  scratch.make();
  for (const name of ["bin", "home", "home/knock"]) mkdirSync(scratch.pathOf(name));
  for (const name of ["knockd", "knock"]) {
    const path = scratch.write(`bin/${name}`, `#!/bin/sh\nexec '${process.execPath}' '${DIST}/${name}.js' "$@"\n`);
    chmodSync(path, 0o755);
  }
  scratch.write("knockd.yaml", CONFIG);
  writeFileSync(scratch.pathOf("home/knock/config.yaml"), PROFILES, { mode: 0o600 });
});
afterAll(() => scratch.remove());

async function run(...argv: string[]): Promise<string[]> {
  const env = {
    ...process.env,
    PATH: `${scratch.pathOf("bin")}:${process.env["PATH"]}`,
    HOME: scratch.pathOf("home"),
    XDG_CONFIG_HOME: scratch.pathOf("home"),
    RUNTIME_DIRECTORY: scratch.pathOf("nowhere"),
    TERM: "xterm",
  };
  const running = new Running(argv, { env });
  expect({ code: await running.ended(20_000), stderr: running.stderr }).toEqual({ code: 0, stderr: "" });
  return running.stdout.split(/\r?\n/).filter((line) => line !== "");
}

/** What bash puts into COMPREPLY when Tab is pressed at the end of the line. */
function inBash(line: string): Promise<string[]> {
  const script = `
    source '${DIST}/completion/knockd.bash'
    compopt() { :; } # It works only while Tab is being pressed.
    COMP_LINE=$1 COMP_POINT=\${#1}
    _knockd
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return run("bash", "--norc", "-c", script, "bash", line);
}

async function inFish(line: string): Promise<string[]> {
  const script = `source '${DIST}/completion/knockd.fish'; complete -C $argv[1]`;
  return (await run("fish", "--no-config", "-c", script, line)).map((found) => found.split("\t")[0] ?? "");
}

/** zsh completes only where somebody types: a second zsh, in a terminal, to which the first one sends the line and a Tab. */
function inZsh(line: string): Promise<string[]> {
  const inner = `
    PROMPT= ; unsetopt zle_bracketed_paste
    autoload -U compinit; compinit -u -D
    _knockd() { source '${DIST}/completion/knockd.zsh' }
    compdef _knockd knockd knock
    compadd() { # What would be offered, word by word; then nothing is, so that the line stays as it is.
      local -a found
      [[ \${@[(I)-[OAD]*]} -gt 0 ]] && { builtin compadd "$@"; return }
      builtin compadd -A found "$@"
      (( $#found )) && print -rl -- "<"\${^found}">"
    }
    finish() { print "<>"; exit }
    zle -C list-them list-choices _main_complete
    complete-then-exit() { zle list-them; print; print "the end" }
    zle -N complete-then-exit
    bindkey '^I' complete-then-exit
    print ready`;
  const script = `
    zmodload zsh/zpty
    zpty z zsh -f -i
    zpty -w z ${JSON.stringify(`source '${scratch.pathOf("inner.zsh")}'`).replaceAll("$", "\\$")}
    zpty -r z out '*ready*'
    zpty -w -n z "$1"$'\\t'
    zpty -r z out '*the end*'
    print -r -- "$out"
    zpty -d z`;
  scratch.write("inner.zsh", inner);
  return run("zsh", "-f", "-c", script, "zsh", line).then((lines) =>
    [...lines.join("\n").matchAll(/<([^>\r\n]+)>/g)].map(([, word = ""]) => word),
  );
}

describe.each([
  ["bash", inBash],
  ["fish", inFish],
  ["zsh", inZsh],
])("%s", (shell, complete) => {
  it("completes a command", async () => {
    expect((await complete("knockd s")).toSorted()).toEqual(["status", "suggest"]);
  });

  it("completes the options of a command", async () => {
    expect((await complete("knockd status --")).toSorted()).toEqual(["--help", "--json", "--watch"]);
  });

  it("completes the doors of the config that the line names", async () => {
    expect((await complete(`knockd howto -c ${scratch.pathOf("knockd.yaml")} s`)).toSorted()).toEqual(["smtp", "ssh"]);
  });

  it("completes files where one is wanted", async () => {
    const [found = ""] = await complete(`knockd check -c ${scratch.pathOf("knockd.y")}`);
    expect(found).toMatch(shell === "zsh" ? /^knockd\.yaml$/ : /\/knockd\.yaml$/);
  });

  it("completes the client's options and profiles", async () => {
    expect((await complete("knock --wait")).toSorted()).toEqual(["--wait", "--wait-time"]);
    expect(await complete("knock hom")).toContain("home");
    expect(await complete("knock --export h")).toEqual(["home"]);
  });

  it("offers nothing, and says nothing, where nothing is known", async () => {
    expect((await complete("knockd close s")).filter((word) => word !== "")).toEqual([]);
    expect((await complete("knockd nonsense x")).filter((word) => word !== "")).toEqual([]);
  });
});

describe("bash", () => {
  it("keeps what stands before = and :, which it takes words apart at", async () => {
    expect(await inBash(`knockd check --config=${scratch.pathOf("knockd.y")}`)).toEqual([
      scratch.pathOf("knockd.yaml"),
    ]);
  });
});
