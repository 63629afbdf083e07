// Node.js of other versions than the one that runs the tests, from the npm registry, each fetched once and kept in the cache.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fetched } from "./fetched.ts";
import { succeed } from "./running.ts";

const FETCH_MS = 120_000;

/** Where its program is. */
export async function nodeOf(version: string): Promise<string> {
  const { XDG_CACHE_HOME = "/var/cache" } = process.env;
  const directory = join(XDG_CACHE_HOME, "knockd-test", `node-${version}`);
  if (!existsSync(directory)) {
    const fresh = `${directory}.${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    // Not as a dependency: its program would come before the one that npm runs with.
    const said = await fetched(
      FETCH_MS,
      "npm",
      "pack",
      "--silent",
      "--pack-destination",
      fresh,
      `node-linux-${process.arch}@${version}`,
    );
    await succeed(FETCH_MS, "tar", "-xzf", join(fresh, said.trim()), "-C", fresh, "package/bin/node");
    await succeed(FETCH_MS, "mv", "--no-target-directory", join(fresh, "package"), directory);
    await succeed(FETCH_MS, "rm", "-r", fresh);
  }
  return join(directory, "bin/node");
}
