// Before the trial: would those who knock come through the rules that this machine has? If not, what to paste.
import type { Door } from "../core/door.ts";
import { deaf, learnLinks } from "../doctor/links.ts";
import { type Obstacle, obstaclesFor } from "../doctor/look-ahead.ts";
import { ask } from "../io/prompt.ts";
import { hint, print } from "../io/terminal.ts";
import { deafWords, obstacleWords } from "./init-words.ts";

/** How often it is looked again, at most: after that the administrator knows. */
const LOOKS_MAX = 5;

/** Resolves to what is still in the way when we go on. `quiet`: it is said, and nobody is asked. */
export async function lookAhead(door: Door, name: string, quiet: boolean): Promise<Obstacle | undefined> {
  const unheard = deaf(await learnLinks([name])).map(({ name }) => name);
  if (unheard.length > 0) hint(deafWords(door, name, unheard));
  const look = async () => (await obstaclesFor([door], [name]).catch(() => []))[0];
  let obstacle = await look();
  for (let looks = 1; obstacle !== undefined; looks++) {
    print([...obstacleWords(obstacle), ""].join("\n"));
    if (quiet || looks === LOOKS_MAX) return obstacle;
    const answer = await ask(
      "Paste that line into another terminal, then press Enter here; or go on without it: n. [Enter] ",
    );
    if (/^no?$/i.test(answer ?? "n")) return obstacle;
    obstacle = await look();
    if (obstacle === undefined) print("It is let through now.\n");
  }
  return undefined;
}
