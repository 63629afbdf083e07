// `knockd complete`, for the shells alone. What the build has installed answers without this (knockd.ts).
import { Command } from "commander";
import { print } from "../io/terminal.ts";
import { clientProgram } from "../shell/client-program.ts";
import { fitting } from "../shell/completion.ts";
import { programOf } from "../shell/program-of.ts";
import { completion } from "./completing.ts";

export const command = new Command("complete")
  .summary("print what may stand at the cursor, for the completion of shells")
  .argument("<program>", "knockd or knock")
  .argument("[words...]", "the words behind it, the last one up to the cursor")
  .action(complete);

async function complete(name: string, words: readonly string[], _options: unknown, { parent }: Command): Promise<void> {
  const program = name === "knock" ? clientProgram() : parent === null ? undefined : programOf(parent);
  if (program === undefined) return;
  for (const line of await completion(fitting(program, words), words.at(-1) ?? "")) print(line);
}
