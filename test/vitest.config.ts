// The tests by tier: what a tier needs decides where a test lies. test/run.sh sets up what is missing.
//
//   unit     nothing: no root, no build, no package of Debian     test/<room of src>/, and what lies loose in test/
//   program  what `npm run build` has made                        test/program/
//   system   root, for network namespaces, and Debian packages    test/system/, test/torture/
//   install  root, for boxes that boot systemd; releases          test/install/

import { defineConfig } from "vitest/config";

const TIERS = ["program", "system", "install", "torture", "bench"].map((folder) => `test/${folder}/**`);

// Every wait of a test has a limit of its own, and says what it waited for; these are for their sum on a slow machine.
const PATIENCE = { testTimeout: 180_000, hookTimeout: 180_000 };

const tier = (name: string, include: string[], exclude: string[] = []) => ({
  test: { name, root: `${import.meta.dirname}/..`, include, exclude, ...PATIENCE },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ["default", "./test/support/closing-line.ts"],
    projects: [
      tier("unit", ["test/**/*.test.ts"], TIERS),
      tier("program", ["test/program/**/*.test.ts"]),
      tier("system", ["test/system/**/*.test.ts", "test/torture/**/*.test.ts"]),
      tier("install", ["test/install/**/*.test.ts"]),
    ],
  },
});
