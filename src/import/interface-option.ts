// What the old knockd was told to listen on -> options.interface, and the target that an address label stands for.
import { ANY_INTERFACE, interfaceNameProblem, labelOf } from "../core/config/interface-name.ts";
import type { KeyDraft } from "./draft.ts";
import { quote, type Say } from "./note.ts";

export interface FoundInterface {
  readonly name: string;
  readonly line: number;
}

export interface InterfaceOption {
  readonly keys: readonly KeyDraft[];
  readonly comments: readonly string[];
  /** The address that doors without a Target of their own hear. */
  readonly target?: string;
}

/** Those of an address label on this machine. */
export type AddressesOf = (label: string) => readonly string[];

const NONE = " interface: none was named, which meant eth0; now it is that of the default route";

/** `above` are the comments of its directive. */
export function interfaceOption(
  found: FoundInterface | undefined,
  above: readonly string[],
  addressesOf: AddressesOf,
  say: Say,
): InterfaceOption {
  if (found === undefined) return { keys: [], comments: [...above, NONE] };
  const { line, name: written } = found;
  const names = wordsOf(written).map((word) => meant(word, line, say));
  const bad = names.find((name) => interfaceNameProblem(labelOf(name) ?? name) !== undefined);
  if (names.length === 0 || bad !== undefined) {
    const problem = interfaceNameProblem(bad ?? "") ?? "expected an interface name of 1 to 15 characters";
    say(line, `Interface: ${problem}, got ${quote(written)}; left out`);
    return { keys: [], comments: [...above, NONE] };
  }
  const bare = [...new Set(names.map((name) => labelOf(name) ?? name))];
  // One word that is not as it was written, where a label does not tell why.
  if (bare.join(" ") !== written && !names.some((name) => labelOf(name) !== undefined))
    say(line, `Interface: knockd finds no ${quote(written)}, written as ${bare.join(", ")}`);
  if (bare.includes("any"))
    say(line, `Interface = ${ANY_INTERFACE}: knockd hears only doors with a Target there, here all are heard`);
  const only = bare.includes("any") ? ["any"] : bare;
  const value = only.length === 1 ? (only[0] ?? "") : { argv: only };
  const key: KeyDraft = { key: "interface", value, line, above };
  return { keys: [key], comments: [], ...targetOf(names, line, addressesOf, say) };
}

/** As far as a comment; quotes of a shell or of a book are no part of a name. */
function wordsOf(written: string): string[] {
  return written
    .replace(/\s*#.*$/, "")
    .replace(/["'“”‘’„«»]/gu, "")
    .split(/[\s,;]+/)
    .filter((word) => word !== "");
}

/** `ALL` and `eth0@if5`, which is how \`ip link\` shows one end of a pair. */
function meant(word: string, line: number, say: Say): string {
  if (!/^(all|any|\*)$/i.test(word)) return /^([^@]+)@/.exec(word)?.[1] ?? word;
  if (word !== "any")
    say(line, `Interface: ${quote(word)} is no interface, and knockd would not start; written as ${ANY_INTERFACE}`);
  return "any";
}

/** knockd hears a label's addresses alone. */
function targetOf(names: readonly string[], line: number, addressesOf: AddressesOf, say: Say): { target?: string } {
  const labels = names.filter((name) => labelOf(name) !== undefined);
  const addresses = labels.flatMap((label) => [...addressesOf(label)]);
  const [target, ...more] = addresses;
  if (labels.length === 0) return {};
  const what = `Interface = ${names.join(", ")}: an address label, of which knockd hears the addresses alone`;
  if (target !== undefined && more.length === 0 && names.length === 1) {
    say(line, `${what}; written as target: ${target} of the doors`);
    return { target };
  }
  const which = addresses.length === 0 ? "that ip address shows for it" : addresses.join(" or ");
  say(line, `${what}; give the doors a target: the address ${which}`);
  return {};
}
