// Options -> their entries in a manual page.
import type { OptionText } from "../program.ts";
import { argument, type Item, sentences } from "./mdoc.ts";

/** `-c, --config <file>` -> `Fl c , Fl Fl config Ar file`. */
export function optionItem({ flags, says }: OptionText): Item {
  const [, names = "", value] = /^(.*?)(?: (\S+))?$/.exec(flags.replaceAll(", ", ",")) ?? [];
  const head = [names.split(",").map(flag).join(" , "), ...argumentOf(value)].join(" ");
  return { head, body: sentences(says.replace(/^[a-z]/, (letter) => letter.toUpperCase())) };
}

function flag(name: string): string {
  return name.startsWith("--") ? `Fl Fl ${argument(name.slice(2))}` : `Fl ${argument(name.slice(1))}`;
}

/** `<file>`, `FILE`, `[PORT]`. */
function argumentOf(value: string | undefined): string[] {
  if (value === undefined) return [];
  const name = argument(value.replace(/[<>[\]]/g, ""));
  return value.startsWith("[") ? [`Op Ar ${name}`] : [`Ar ${name}`];
}
