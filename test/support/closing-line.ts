// The closing lines of a test run: the ten slowest files, then `N passed, N failed`, and how many were skipped.
import type { Reporter, TestModule } from "vitest/node";

const SLOWEST = 10;

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    // A file that does not even load holds no tests, and is a failure all the same.
    const broken = modules.filter((module) => module.state() === "failed" && module.errors().length > 0).length;
    const skipped = count("skipped") > 0 ? `, ${count("skipped")} skipped` : "";
    if (modules.length > 1) process.stdout.write(slowest(modules));
    process.stdout.write(`${count("passed")} passed, ${count("failed") + broken + errors.length} failed${skipped}\n`);
  }
}

function slowest(modules: readonly TestModule[]): string {
  const times = modules.map((module) => {
    const { collectDuration, setupDuration, duration } = module.diagnostic();
    return { name: module.relativeModuleId, ms: collectDuration + setupDuration + duration };
  });
  const first = times.sort((one, other) => other.ms - one.ms).slice(0, SLOWEST);
  const lines = first.map(({ name, ms }) => `${(ms / 1000).toFixed(1).padStart(7)} s  ${name}\n`);
  return `the slowest files:\n${lines.join("")}\n`;
}
