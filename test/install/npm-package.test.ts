// What `npm pack` makes, installed as `npm install -g` does it: with the registry's cap, built here, and nothing else.

import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetched } from "../support/fetched.ts";
import { Running, succeed } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";

const CHECKOUT = join(import.meta.dirname, "../..");
const INSTALL_MS = 180_000;
/** It is packed, and may have to be installed more than once. */
const SETUP_MS = 4 * INSTALL_MS;

describe("the npm package", () => {
  const scratch = new Scratch();
  /** Where `npm install -g` puts it. */
  let installed = "";

  beforeAll(async () => {
    scratch.make();
    await succeed(
      INSTALL_MS,
      "npm",
      "pack",
      CHECKOUT,
      "--silent",
      "--ignore-scripts",
      "--pack-destination",
      scratch.path,
    );
    const [tarball = ""] = readdirSync(scratch.path).filter((name) => name.endsWith(".tgz"));
    const prefix = scratch.pathOf("prefix");
    mkdirSync(prefix);
    await fetched(INSTALL_MS, "npm", "install", "--global", "--silent", "--prefix", prefix, scratch.pathOf(tarball));
    installed = join(prefix, "lib/node_modules/knockd");
  }, SETUP_MS);
  afterAll(() => scratch.remove());

  const run = (program: string, ...args: string[]): Promise<string> =>
    succeed(INSTALL_MS, scratch.pathOf(join("prefix/bin", program)), ...args);

  it("is as a package shall be, says publint", async () => {
    const { messages } = await publint({ pkgDir: installed, strict: true, pack: false });
    expect(messages).toEqual([]);
  });

  it("runs, and has both sniffers", async () => {
    const { version } = JSON.parse(readFileSync(join(CHECKOUT, "package.json"), "utf8"));
    expect(await run("knockd", "--version")).toBe(`${version}\n`);
    expect(await run("knock", "--version")).toBe(`knock ${version}\n`);
    expect(await run("knockd", "check", "-c", join(installed, "config/knockd.yaml"))).toMatch(/fine, 2 doors$/m);
    const doctor = new Running([scratch.pathOf("prefix/bin/knockd"), "doctor"]);
    await doctor.ended(INSTALL_MS);
    expect(doctor.stdout).toMatch(/^ok {4}capture: cap, \S*libpcap/m);
  });

  it("has the manual, the units, and the licence of each library in it, but no sources and no tests", () => {
    for (const page of ["man1/knock.1", "man5/knockd.yaml.5", "man8/knockd.8"])
      expect(`${page} ${existsSync(scratch.pathOf(join("prefix/share/man", page)))}`).toBe(`${page} true`);
    expect(existsSync(join(installed, "systemd/install-service.sh"))).toBe(true);
    expect(readFileSync(join(installed, "dist/LICENSES.md"), "utf8")).toMatch(/^## commander \d[\s\S]*^## zod \d/m);
    for (const path of ["src", "test", "debian"])
      expect(`${path} ${existsSync(join(installed, path))}`).toBe(`${path} false`);
  });

  it("brings no library but those with native code, for all others are in it", () => {
    const libraries = readdirSync(join(installed, "node_modules")).filter((name) => !name.startsWith("."));
    expect(libraries.toSorted()).toEqual(["@koromix", "cap", "koffi", "nan"]);
  });
});
