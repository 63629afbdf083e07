// The tests by tier: what a tier needs decides where a test lies. test/run.sh sets up what is missing.
//
//   unit     nothing: no root, no build, no package of Debian     test/<room of src>/, and what lies loose in test/
//   program  what `npm run build` has made, and Debian packages   test/program/
//   system   root, for network namespaces, and Debian packages    test/system/, test/torture/
//   install  root, for boxes that boot systemd; releases          test/install/

import { defineConfig } from "vitest/config";
import { LongestFirst } from "./support/longest-first.ts";

const PROCESSORS = 2;
/** Namespaces and boxes: each has its own of everything, and they wait most of the time. */
const WAITERS = 8;

/** What needs a processor for itself, and would make the others wait. */
const ALONE = ["flood", "spa-flood", "scan"]
  .map((name) => `test/system/${name}.test.ts`)
  .concat("test/torture/**/*.test.ts");
const TIERS = ["program", "system", "install", "torture", "bench"].map((folder) => `test/${folder}/**`);

interface Shape {
  readonly include: string[];
  readonly exclude?: string[];
  /** Those of the same turn run side by side. */
  readonly turn: number;
  readonly maxWorkers: number;
  readonly isolate?: boolean;
}

const project = (name: string, { turn, ...shape }: Shape) => ({
  test: {
    name,
    root: `${import.meta.dirname}/..`,
    sequence: { groupOrder: turn },
    // Every wait of a test has a limit of its own, and says what it waited for; these are for their sum on a slow machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    ...shape,
  },
});

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/closing-line.ts"],
    sequence: { sequencer: LongestFirst },
    projects: [
      // Their modules are loaded once for all of them: nothing of ours keeps a state outside of an object.
      project("unit", {
        include: ["test/**/*.test.ts"],
        exclude: TIERS,
        turn: 1,
        maxWorkers: PROCESSORS,
        isolate: false,
      }),
      project("program", { include: ["test/program/**/*.test.ts"], turn: 2, maxWorkers: PROCESSORS }),
      project("system", { include: ["test/system/**/*.test.ts"], exclude: ALONE, turn: 3, maxWorkers: WAITERS }),
      project("install", { include: ["test/install/**/*.test.ts"], turn: 3, maxWorkers: WAITERS }),
      project("system-alone", { include: ALONE, turn: 4, maxWorkers: 1 }),
    ],
  },
});
