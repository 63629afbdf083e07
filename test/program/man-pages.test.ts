// The manual pages as they are shipped: well made, and with everything in them that the program has.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/core/config/config.ts";
import { knownKeys } from "../../src/core/config/schema.ts";
import { EXIT } from "../../src/core/exit.ts";
import { programFor } from "../../src/main.ts";
import { Running } from "../support/running.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGES = ["knockd.8", "knock.1", "knockd.yaml.5"];

const pathOf = (page: string) => `${ROOT}/dist/man/${page}`;

async function run(...argv: string[]) {
  const running = new Running(argv, { env: { ...process.env, MANWIDTH: "100", MAN_KEEP_FORMATTING: "" } });
  return { code: await running.ended(), stdout: running.stdout, stderr: running.stderr };
}

/** As it is read, on one line, without the hyphens of line ends. */
async function read(page: string): Promise<string> {
  const { stdout } = await run("mandoc", "-Tutf8", "-O", "width=1000", pathOf(page));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: mandoc strikes letters over each other to make them bold.
  return stdout.replace(/.\u0008/g, "").replace(/\s+/g, " ");
}

describe.each(PAGES)("%s", (page) => {
  it("has nothing that mandoc warns of", async () => {
    expect(await run("mandoc", "-Tlint", "-W", "warning", pathOf(page))).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("has nothing that groff warns of", async () => {
    const { code, stdout, stderr } = await run("man", "--warnings", "-E", "UTF-8", "-l", "-P", "cat", pathOf(page));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("SEE ALSO");
  });

  it("is complete: nothing is left to fill in", () => {
    expect(readFileSync(pathOf(page), "utf8")).not.toMatch(/^@|undefined|\[object/m);
  });
});

describe("knockd(8)", async () => {
  const text = await read("knockd.8");

  it("tells of every command and every option", async () => {
    const program = await programFor("");
    for (const command of program.createHelp().visibleCommands(program)) {
      if (command.name() === "help") continue;
      expect(text).toContain(` knockd ${command.name()} `);
      for (const option of command.options) expect(text).toContain(option.long ?? option.short);
    }
  });

  it("tells of every exit code", () => {
    const [, status = ""] = text.split("EXIT STATUS");
    for (const code of Object.values(EXIT)) expect(status.split("EXAMPLES")[0]).toMatch(new RegExp(` ${code} [A-Z]`));
  });

  it("tells of every event of the log, and of no other", () => {
    const [, log = ""] = readFileSync(`${ROOT}/src/shell/man/knockd.8`, "utf8").split(".Sh LOG");
    const told = [...(log.split(".Sh ")[0] ?? "").matchAll(/^\.It Cm ([\w-]+)$/gm)].map(([, event]) => event);
    expect(told.toSorted()).toEqual(eventsOfTheLog().toSorted());
  });
});

/** What stands as `event:` beside words for the log; an answer to `watch` or `explain --json` is none. */
function eventsOfTheLog(): string[] {
  const files = readdirSync(`${ROOT}/src`, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const sources = files.map((file) => readFileSync(`${ROOT}/src/${file}`, "utf8")).join("\n");
  const logged = [...sources.matchAll(/\bevent: "([\w-]+)"/g), ...sources.matchAll(/#again\(grant, "([\w-]+)"/g)];
  const answers = ["missed", "summary"];
  return [...new Set(logged.map(([, event = ""]) => event))].filter((event) => !answers.includes(event));
}

describe("knockd.yaml(5)", async () => {
  const text = await read("knockd.yaml.5");

  it.each([
    ["options", ["options"]],
    ["doors", ["doors", "ssh"]],
    ["keys", ["keys", "alice"]],
    ["open", ["doors", "ssh", "open"]],
  ])("tells of every key of %s", (_name, path) => {
    for (const key of knownKeys(path)) expect(text).toMatch(new RegExp(` ${key}(:| )`));
  });

  it("has a section for every block of the file", () => {
    for (const block of knownKeys([])) expect(text).toContain(` THE BLOCK ${block.toUpperCase()} `);
  });

  it("gives examples that have no problems", () => {
    const [, source = ""] = readFileSync(pathOf("knockd.yaml.5"), "utf8").split(".Sh EXAMPLES");
    const examples = [...source.matchAll(/^\.Bd .*\n([\s\S]*?)^\.Ed$/gm)].map(([, yaml = ""]) => yaml);
    expect(examples.length).toBeGreaterThan(2);
    for (const yaml of examples) expect(parseConfig(yaml)).toHaveProperty("config");
  });
});

describe("knock(1)", async () => {
  const text = await read("knock.1");

  it("tells of every option that --help tells of", async () => {
    const { stdout } = await run(process.execPath, `${ROOT}/dist/knock.js`, "--help");
    const flags = [...stdout.matchAll(/^ {2}(-.*?) {2}/gm)].flatMap(([, all = ""]) => all.match(/--?\w[\w-]*/g) ?? []);
    expect(flags.length).toBeGreaterThan(25);
    for (const flag of flags) expect(text).toContain(` ${flag}`);
  });
});
