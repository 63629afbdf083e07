#!/usr/bin/env node
// The entry point of `knockd`. Those who only ask for the version or the help, and the shells, are answered from what the build
// has written down; all else loads the program.
import "./no-debugger.ts";
import { fstatSync, readFileSync, writeSync } from "node:fs";
import type { Outline } from "./shell/outline.ts";
import { quickAnswer, quickFitting } from "./shell/quick.ts";

const STDOUT = 1;
/** The help was written for this width. */
const WIDTH = 80;

const words = process.argv.slice(2);
const text = await quickText();
if (text === undefined) {
  const { main } = await import("./main.ts");
  await main();
} else say(text);
// A stop command that hangs must not keep us: the next start runs it again.
process.exit();

async function quickText(): Promise<string | undefined> {
  const outline = readOutline();
  if (outline === undefined) return undefined;
  const answer = quickAnswer(outline, words);
  const fits = quickFitting(outline, words);
  if (answer !== undefined || fits === undefined) return answer;
  const { completion } = await import("./commands/completing.ts");
  return (await completion(fits, words.at(-1) ?? "")).map((line) => `${line}\n`).join("");
}

/** Undefined where it is of no use: no build has written it, or the terminal is too narrow for it. */
function readOutline(): Outline | undefined {
  // Asking Node for its stdout costs more than all the rest here.
  if (fstatSync(STDOUT).isCharacterDevice() && process.stdout.columns < WIDTH) return undefined;
  try {
    return JSON.parse(readFileSync(new URL("./outline.json", import.meta.url), "utf8"));
  } catch {
    return undefined;
  }
}

function say(answer: string): void {
  try {
    for (let bytes = Buffer.from(answer); bytes.length > 0; ) bytes = bytes.subarray(writeSync(STDOUT, bytes));
  } catch {
    // Who reads our output (`| head`) may have seen enough.
  }
}
