// `knockd check`: every problem of the file at once, and what is unwise in a file without problems.
import { Command } from "commander";
import type { Config, Parsed } from "../core/config/config.ts";
import { hints } from "../core/config/hints.ts";
import { formatPath, formatProblem, type Problem } from "../core/config/problem.ts";
import { type WeakSequence, weakPoints, weakSequences, weakSequenceText } from "../core/config/weakness.ts";
import type { YamlFile } from "../core/config/yaml-file.ts";
import { EXIT, type ExitCode, type Failure } from "../core/exit.ts";
import { fileHints, sandboxHints } from "../core/sandbox/command-needs.ts";
import { machineHints } from "../doctor/look-ahead.ts";
import { exposureOf } from "../io/exposure-of.ts";
import { CONFIG_OPTION, interfaceNamed, parseFile } from "../io/read-config.ts";
import { shellHints } from "../io/shell-hints.ts";
import { codeSecretFailures } from "../io/state/code-secrets.ts";
import { keyFileFailures } from "../io/state/key-files.ts";
import { hint, painted, print, printError } from "../io/terminal.ts";
import { sandboxHere } from "../io/unit-files.ts";
import { examples } from "./help-text.ts";

interface Options {
  readonly config: string;
  readonly json?: boolean;
  readonly strict?: boolean;
}

export const command = new Command("check")
  .summary("say every problem of the config file at once")
  .description(
    "Says every problem of the config file at once, each with its line, the value and what was expected. Of a file " +
      "without problems it says what is unwise in it, such as a sequence that everybody knows.",
  )
  .option(...CONFIG_OPTION)
  .option("-i, --interface <interface>", "ignored, so that check takes what run takes", interfaceNamed)
  .option("--json", "print one JSON object")
  .option("--strict", "a weak sequence is a problem, too")
  .addHelpText("after", examples("knockd check", "knockd check -c ./knockd.yaml --json", "knockd check --strict"))
  .action(async (options: Options) => {
    process.exitCode = await check(options);
  });

async function check({ config: file, json, strict }: Options): Promise<ExitCode> {
  const parsed = parseFile(file);
  const failures = "config" in parsed ? fileFailures(parsed.config) : [];
  const weak = "config" in parsed ? weakSequences(parsed.config) : [];
  const graded = strict === true ? weak : [];
  const problems =
    "problems" in parsed
      ? parsed.problems
      : [
          ...failures.map((found) => fileProblem(found, parsed.place)),
          ...graded.map((found) => weakProblem(found, parsed.place)),
        ];
  const exposed = exposureOf(file);
  const grades = strict === true ? [] : weak.map(weakSequenceText);
  const advice = "config" in parsed ? [...grades, ...warningsOf(parsed), ...(await machineHints(parsed.config))] : [];
  const warnings = exposed === undefined ? advice : [exposed, ...advice];
  const code = problems.length > 0 ? EXIT.CONFIG : EXIT.OK;
  if (json) {
    print(JSON.stringify({ problems, warnings }));
    return code;
  }
  for (const problem of problems) printError(formatProblem(file, problem));
  for (const { failure } of failures) if (failure.hint !== undefined) hint(failure.hint);
  for (const warning of warnings) hint(warning);
  if (weak.length > 0) hint("knockd suggest prints a good sequence");
  if ("config" in parsed && code === EXIT.OK)
    print(
      `${file}: ${painted("good", "fine")}, ${parsed.config.doors.length} ${parsed.config.doors.length === 1 ? "door" : "doors"}`,
    );
  return code;
}

/** What is legal but unwise beside sequences, or does not what it says; of the service and this machine what a door's commands need. */
function warningsOf({ config, remarks }: Extract<Parsed, { config: Config }>): string[] {
  const sandbox = sandboxHere();
  const odd = remarks.map(
    ({ path, line, column, message }) => `${path === "" ? `line ${line}:${column}` : path}: ${message}`,
  );
  const needs = [...fileHints(config, sandbox), ...config.doors.flatMap((door) => sandboxHints(door, sandbox))];
  return [...weakPoints(config), ...hints(config), ...odd, ...needs, ...config.doors.flatMap(shellHints)];
}

interface FileFailure {
  readonly path: readonly string[];
  readonly failure: Failure;
}

/** Of the files that the config names. */
function fileFailures({ keys, doors }: Config): FileFailure[] {
  return [
    ...keyFileFailures(keys).map(({ name, failure }) => ({ path: ["keys", name, "file"], failure })),
    ...codeSecretFailures(doors).map(({ name, failure }) => ({
      path: ["doors", name, "totp", "secret_file"],
      failure,
    })),
  ];
}

function fileProblem({ path, failure }: FileFailure, place: YamlFile["place"]): Problem {
  return { path: formatPath(path), ...place(path), message: failure.message };
}

function weakProblem({ door, message }: WeakSequence, place: YamlFile["place"]): Problem {
  const path = ["doors", door, "sequence"];
  return { path: formatPath(path), ...place(path), message };
}
