// Which steps `knockd howto` prints: a door's sequence, the ports of a code, or both.
import type { CodeRule, Door } from "../core/door.ts";
import { EXIT, Failure } from "../core/exit.ts";
import type { Port } from "../core/port.ts";
import { reasonOf } from "../core/text/words.ts";
import { codePorts, readCode } from "../core/totp/totp.ts";
import { OneTimeFile } from "../io/state/one-time-file.ts";

/** The steps that earn the door next: its sequence, or the code if one is given, or both if the door requires both. */
export function stepsOf(door: Door, code: string | undefined): readonly Port[] {
  const { name, totp, sequence, oneTimeSequences } = door;
  if (totp === undefined && code !== undefined)
    throw new Failure(EXIT.USAGE, `door ${name} takes no code: it has no totp`);
  const wantsCode = totp?.afterSequence === true || (sequence.length === 0 && oneTimeSequences === undefined);
  if (totp === undefined || (code === undefined && !wantsCode)) return sequenceOf(door);
  if (code === undefined) {
    throw new Failure(EXIT.USAGE, `door ${name} is opened by a code`, "give the one that the app shows, with --code");
  }
  return [...(totp.afterSequence ? sequenceOf(door) : []), ...pairsOf(code, totp)];
}

function pairsOf(text: string, { firstPort, digits }: CodeRule): readonly Port[] {
  try {
    const code = readCode(text);
    if (code.length !== digits)
      throw new RangeError(`expected a code of ${digits} digits, got ${JSON.stringify(text)}`);
    return codePorts(code, firstPort);
  } catch (error) {
    throw new Failure(EXIT.USAGE, `--code: ${reasonOf(error)}`);
  }
}

/** A one-time sequence is looked at, not used. */
function sequenceOf({ name, sequence, oneTimeSequences }: Door): readonly Port[] {
  if (oneTimeSequences === undefined) return sequence;
  const next = readOneTime(oneTimeSequences).sequence;
  if (next.length > 0) return next;
  throw new Failure(EXIT.UNAVAILABLE, `door ${name}: no one-time sequence left in ${JSON.stringify(oneTimeSequences)}`);
}

function readOneTime(path: string): OneTimeFile {
  try {
    return new OneTimeFile(path);
  } catch (error) {
    throw new Failure(EXIT.NO_INPUT, `cannot read ${JSON.stringify(path)}: ${reasonOf(error)}`);
  }
}
