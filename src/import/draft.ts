// What an import is about to write: knockd.yaml as keys, values and the comments around them.
import type { Port } from "../core/port.ts";

export type Value = string | number | boolean | readonly Port[] | { readonly argv: readonly string[] };

export interface KeyDraft {
  readonly key: string;
  readonly value: Value;
  /** Where it stood in the old file; 0 if it did not. */
  readonly line: number;
  /** Comments above it, without `#`. */
  readonly above: readonly string[];
  /** Behind it on the same line. */
  readonly comment?: string;
}

export interface DoorDraft {
  readonly name: string;
  readonly line: number;
  readonly above: readonly string[];
  readonly keys: readonly KeyDraft[];
  /** Comments below its last key. */
  readonly after: readonly string[];
  /** Why it must not be a door: nobody could ever open the old one, or it would be another one here. */
  readonly shut: readonly string[];
}

export interface FileDraft {
  /** Comments at the top. */
  readonly head: readonly string[];
  readonly options: readonly KeyDraft[];
  /** Comments on options that are not written. */
  readonly aboveOptions: readonly string[];
  /** Keys for signed packets, in the form of doors. */
  readonly keys?: readonly DoorDraft[];
  readonly doors: readonly DoorDraft[];
  /** Comments at the bottom. */
  readonly end: readonly string[];
  /** What the comment in the place of a shut door begins with. */
  readonly shutLead: string;
}

export function draftValue(door: DoorDraft, key: string): Value | undefined {
  return door.keys.find((draft) => draft.key === key)?.value;
}
