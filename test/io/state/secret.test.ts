import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guardSecret, keptGuardSecret } from "../../../src/io/state/secret.ts";
import { Scratch } from "../../support/scratch.ts";

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe("the secret of the guard ports", () => {
  it("is made once and kept, for nobody else to read", () => {
    const directory = scratch.pathOf("state/knockd");
    const first = guardSecret(directory);
    expect(first.problem).toBeUndefined();
    expect(guardSecret(directory)).toEqual(first);
    expect(modeOf(directory)).toBe("700");
    expect(modeOf(`${directory}/guard-secret`)).toBe("600");
    expect(readFileSync(`${directory}/guard-secret`)).toHaveLength(16);
  });

  it("is another in another place, and not all zeroes", () => {
    const one = guardSecret(scratch.pathOf("one")).secret;
    const other = guardSecret(scratch.pathOf("other")).secret;
    expect(one).not.toEqual(other);
    expect(one.some((word) => word !== 0)).toBe(true);
  });

  it("is made anew when the file is broken", () => {
    for (const broken of ["", "short", "much longer than sixteen bytes"]) {
      const directory = scratch.pathOf(`broken-${broken.length}`);
      mkdirSync(directory);
      writeFileSync(`${directory}/guard-secret`, broken);
      const made = guardSecret(directory);
      expect(made.problem).toBeUndefined();
      expect(guardSecret(directory)).toEqual(made);
    }
  });

  it("is for nobody else to read though a broken file was", () => {
    const directory = scratch.pathOf("open");
    mkdirSync(directory);
    writeFileSync(`${directory}/guard-secret`, "broken", { mode: 0o644 });
    guardSecret(directory);
    expect(modeOf(`${directory}/guard-secret`)).toBe("600");
  });

  it("serves for this run when it cannot be kept, and says why", () => {
    const file = scratch.write("file", "");
    const { secret, problem } = guardSecret(`${file}/state`);
    expect(secret).toHaveLength(4);
    expect(problem).toMatch(/ENOTDIR/);
    expect(guardSecret(`${file}/state`).secret).not.toEqual(secret);
  });
});

describe("the secret of a daemon", () => {
  it("is read by who may, and not made by who only asks", () => {
    const directory = scratch.pathOf("kept");
    expect(keptGuardSecret(directory)).toBeUndefined();
    expect(keptGuardSecret(directory)).toBeUndefined();
    const { secret } = guardSecret(directory);
    expect(keptGuardSecret(directory)).toEqual(secret);
  });
});
