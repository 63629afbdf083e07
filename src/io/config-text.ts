// The text of knockd.yaml, and where it stands unless somebody says otherwise.
import { readFileSync, statSync } from "node:fs";
import { CONFIG_BYTES_MAX } from "../core/config/yaml-file.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { reasonOf } from "../core/text/words.ts";
import { instance } from "./state/directories.ts";

/** Of one of several daemons, that of `knockd@.service`. */
export const DEFAULT_CONFIG = `/etc/knockd/${instance() || "knockd"}.yaml`;

/** Throws a Failure: NO_INPUT if there is no reading it. */
export function readConfigText(file: string): string {
  try {
    if (statSync(file).size > CONFIG_BYTES_MAX) throw new RangeError(`larger than ${CONFIG_BYTES_MAX} bytes`);
    return readFileSync(file, "utf8");
  } catch (error) {
    const hint = file === DEFAULT_CONFIG ? "name another file with -c FILE" : undefined;
    throw new Failure(EXIT.NO_INPUT, `cannot read ${JSON.stringify(file)}: ${reasonOf(error)}`, hint);
  }
}
