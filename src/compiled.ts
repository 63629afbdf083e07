// What the build puts in the place of main.ts: the program as scripts, and the code that V8 made of them at the build. Compiling
// them anew took half of what a command takes.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Script } from "node:vm";

/** What main.ts exports. */
interface Program {
  main(): Promise<void>;
}

/** A script gets what a module has of its own. */
type Load = (require: NodeJS.Require, place: typeof PLACE) => Program;

const DIRECTORY = `${import.meta.dirname}/scripts`;
const PLACE = {
  url: new URL("scripts/program.cjs", import.meta.url).href,
  dirname: DIRECTORY,
  resolve: import.meta.resolve,
};

/** By script, the commands that it has: what is started often, or must start soon, reads no more than it needs. */
export const SCRIPTS = {
  run: ["run"],
  check: ["check"],
  status: ["status", "close", "reload", "watch", "metrics"],
} as const;
/** The script that has them all. */
export const WHOLE = "program";

export async function main(): Promise<void> {
  const name = scriptOf(process.argv[2] ?? "");
  const load: Load = scriptWith(name, readCode(codeFile(name))).runInThisContext();
  await load(createRequire(import.meta.url), PLACE).main();
}

function scriptOf(command: string): string {
  return Object.entries(SCRIPTS).find(([, commands]) => commands.some((each) => each === command))?.[0] ?? WHOLE;
}

/**
 * V8 itself refuses code of another V8, or of one with other settings, and compiles what it needs. Of a script it compares no
 * more than the length: both are files of the program, and one build makes them.
 */
export function scriptWith(name: string, code?: Buffer): Script {
  const filename = `${DIRECTORY}/${name}.cjs`;
  // All of it is ASCII; so it takes a byte a character.
  return new Script(readFileSync(filename, "latin1"), {
    filename,
    ...(code === undefined ? {} : { cachedData: code }),
  });
}

/** By the Node.js that can use it. */
export function codeFile(name: string): string {
  return `${DIRECTORY}/${name}-${process.version}-${process.arch}.bin`;
}

function readCode(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    // Built with another Node.js.
    return undefined;
  }
}
