// The client as shells see it.
import { optionTexts } from "../client/option-table.ts";
import { type Program, readOption } from "./program.ts";

export function clientProgram(): Program {
  return {
    name: "knock",
    says: "knock at a door",
    options: optionTexts().flatMap(([, options]) => options.map(readOption)),
    takes: ["host"],
    commands: [],
  };
}
