// A door's name in the old file -> one that is allowed here, and not yet given to another door.

import { NAME_LENGTH_MAX } from "../core/config/blocks.ts";
import type { Section } from "./knockd-conf.ts";
import { quote, type Say } from "./note.ts";

/** knockd cuts a name there. */
const SECTION_NAME_MAX = 127;

export class DoorNames {
  readonly #say: Say;
  /** BOUNDED: by the sections of one file. */
  readonly #given = new Set<string>();
  /** By base name, the number that was given last: a thousand doors of one name must not be counted a thousand times. */
  readonly #numbers = new Map<string, number>();

  constructor(say: Say) {
    this.#say = say;
  }

  nameFor({ name, line }: Section): string {
    const base = allowed(name.slice(0, SECTION_NAME_MAX));
    const unique = this.#unique(base);
    this.#given.add(unique);
    if (unique === name) return unique;
    const why = unique === base ? "a name has letters, digits, _ . and - here" : "the name is taken already";
    this.#say(line, `door ${quote(name)} is called ${unique} now, in the log as well: ${why}`);
    return unique;
  }

  #unique(base: string): string {
    let name = base;
    while (this.#given.has(name)) {
      const number = (this.#numbers.get(base) ?? 1) + 1;
      this.#numbers.set(base, number);
      name = `${base.slice(0, NAME_LENGTH_MAX - `-${number}`.length)}-${number}`;
    }
    return name;
  }
}

function allowed(name: string): string {
  const ascii = name.normalize("NFKD").replace(/\p{M}/gu, "");
  const plain = ascii.replace(/[^\w.-]+/g, "-").replace(/^[-._]+|[-.]+$/g, "");
  const named = /^[A-Za-z]/.test(plain) ? plain : `door-${plain}`;
  return named.slice(0, NAME_LENGTH_MAX).replace(/-+$/, "");
}
