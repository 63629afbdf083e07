// The files of one-time sequences: readable, writable (a used line is struck out), not used up, nobody else's to read.
import { accessSync, constants, statSync } from "node:fs";
import { looseness } from "../../core/config/looseness.ts";
import { reasonOf } from "../../core/text/words.ts";
import { OneTimeFile } from "../../io/state/one-time-file.ts";
import { type Check, type Finding, fail, ok, warn } from "../machine-check.ts";

const FEW = 3;

export const oneTime: Check = {
  name: "one-time sequences",
  look: ({ config }) =>
    (config?.doors ?? []).flatMap(({ name, oneTimeSequences: path }) =>
      path === undefined ? [] : [judge(name, path)],
    ),
};

function judge(door: string, path: string): Finding {
  try {
    const { left, unreadable } = new OneTimeFile(path);
    accessSync(path, constants.W_OK);
    if (left === 0)
      return fail(`door ${door}: no sequence left in ${path}, nobody can open it`, `add lines to ${path}`);
    const loose = looseness(statSync(path).mode);
    if (loose !== undefined) return warn(`door ${door}: ${path} is ${loose}`, `chmod 600 ${path}`);
    if (unreadable > 0) return warn(`door ${door}: ${unreadable} unreadable lines in ${path}`, `correct ${path}`);
    if (left < FEW) return warn(`door ${door}: only ${left} left in ${path}`, `add lines to ${path}`);
    return ok(`door ${door}: ${left} left in ${path}`);
  } catch (error) {
    return fail(`door ${door}: cannot use ${path}: ${reasonOf(error)}`, "knockd must be able to read and to write it");
  }
}
