import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: `${import.meta.dirname}/..`,
    include: ["test/**/*.test.ts"],
    // Every wait of a test has a limit of its own, and says what it waited for; these are for their sum on a slow machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
    reporters: ["default", "./test/support/closing-line.ts"],
  },
});
