// What the build puts in the place of main.ts: the whole program as one script, with the code that V8 made of it at the build.
// Compiling it anew took half of what a command takes.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Script } from "node:vm";

/** What main.ts exports. */
interface Program {
  main(): Promise<void>;
}

/** A program that is one script gets what a module would have of its own. */
type Load = (require: NodeJS.Require, place: typeof PLACE) => Program;

const PLACE = { url: import.meta.url, dirname: import.meta.dirname, resolve: import.meta.resolve };

/** The commands that have code of their own, since each runs another part of the program. The rest take what stands first. */
export const KINDS = ["check", "run", "status"] as const;

export async function main(): Promise<void> {
  const script = scriptWith(readCode(codeFile(process.argv[2] ?? "")));
  const load: Load = script.runInThisContext();
  await load(createRequire(import.meta.url), PLACE).main();
}

/** V8 itself refuses code that another V8 made, or one with other settings, and compiles what it needs. */
export function scriptWith(code: Buffer | undefined): Script {
  const file = `${import.meta.dirname}/program.cjs`;
  // All of it is ASCII; so it takes a byte a character.
  return new Script(readFileSync(file, "latin1"), { filename: file, ...(code === undefined ? {} : { cachedData: code }) });
}

/** By the version of Node.js that can use it. */
export function codeFile(command: string): string {
  const kind = KINDS.find((each) => each === command) ?? KINDS[0];
  return `${import.meta.dirname}/code/${kind}-${process.version}-${process.arch}.bin`;
}

function readCode(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    // Built with another Node.js.
    return undefined;
  }
}
