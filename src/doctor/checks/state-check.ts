// The state directory: without it, a restart does not know which doors are open.
import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { reasonOf } from "../../core/text/words.ts";
import { type Check, fail, ok, warn } from "../machine-check.ts";

const OTHERS = 0o077;
/** Room for the ledger to be written anew. */
const FREE_BYTES_MIN = 1024 * 1024;

export const state: Check = {
  name: "state",
  look({ stateDirectory: path }) {
    if (!existsSync(path)) return [ok(`${path} will be made at the first start`)];
    const { bavail, bsize } = statfsSync(path);
    if (bavail * bsize < FREE_BYTES_MIN) return [fail(`${path}: the disk is full`, `df ${path}`)];
    const { mode } = statSync(path);
    if ((mode & OTHERS) !== 0) return [warn(`${path} is open to other users`, `chmod 700 ${path}`)];
    try {
      accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      const advice = process.getuid?.() === 0 ? `df ${path}; mount` : "sudo knockd doctor";
      const judge = process.getuid?.() === 0 ? fail : warn;
      return [judge(`${path} is not writable for us: ${reasonOf(error)}`, advice)];
    }
    return [ok(`${path} is writable`)];
  },
};
