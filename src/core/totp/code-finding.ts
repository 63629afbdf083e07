// What the code matcher tells: what each knock on a door's range did, and what came of whole codes.
import type { Door } from "../door.ts";
import type { Deaf } from "../report.ts";
import type { CodeRefusal } from "./code-verdict.ts";
import type { WrongCode } from "./suspicion.ts";

/** Stages are pairs of digits. */
export type CodeFinding = { readonly way: "code"; readonly door: Door } & (
  | { readonly what: "stage" | "repeat"; readonly stage: number }
  /** The attempt is over. `failure`: it counts as one; then it is always told. */
  | { readonly what: "wrong"; readonly stage: number; readonly failure: WrongCode | undefined }
  /** A pair that nothing stood before; pairs count from 1. */
  | { readonly what: "astray"; readonly pair: number }
  | Deaf
  /** A whole code: always told. */
  | { readonly what: "accepted" }
  | { readonly what: "refused"; readonly refusal: CodeRefusal; readonly failure: WrongCode | undefined }
);
