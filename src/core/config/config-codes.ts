// The codes of the config: the rule as the path needs it, and what is wrong between ranges of ports and everything else.

import type { CodeRule } from "../door.ts";
import { formatPort, type Port } from "../port.ts";
import { formatCodeRange, lastPort } from "../totp/totp.ts";
import { quotedPath } from "./config-problem.ts";
import type { Problem } from "./problem.ts";
import type { ConfigInput } from "./schema.ts";
import type { YamlFile } from "./yaml-file.ts";

type Doors = ConfigInput["doors"];
type Totp = NonNullable<Doors[string]["totp"]>;

export function codeRule({ secret_file, ports, digits }: Totp, afterSequence: boolean): CodeRule {
  return { secretFile: secret_file, firstPort: ports, digits, afterSequence };
}

/**
 * A knock must mean one thing: ranges do not overlap, else a good code for one door would be a wrong one for the other and lock
 * an honest knocker out; and no step, no port of `open` lies in a range.
 */
export function codeRangeProblems(doors: Doors, file: YamlFile): Problem[] {
  const ranges = Object.entries(doors).flatMap(([name, { totp }]) => (totp === undefined ? [] : [{ name, totp }]));
  return ranges.flatMap(({ name, totp }, index) => {
    const path = ["doors", name, "totp", "ports"];
    const earlier = ranges.slice(0, index).find((other) => overlap(other.totp, totp));
    const rival = earlier?.name;
    const clash = rival === undefined ? takenBy(totp, doors) : `overlaps that of door ${rival}`;
    if (clash === undefined) return [];
    return [
      {
        path: quotedPath(path),
        ...file.place(path),
        message: `the range ${formatCodeRange(totp.ports, totp.digits)} ${clash}`,
      },
    ];
  });
}

function overlap(one: Totp, other: Totp): boolean {
  return one.ports <= lastPort(other.ports, other.digits) && other.ports <= lastPort(one.ports, one.digits);
}

function takenBy(totp: Totp, doors: Doors): string | undefined {
  const isInside = ({ protocol, number }: Port): boolean =>
    protocol === "tcp" && number >= totp.ports && number <= lastPort(totp.ports, totp.digits);
  for (const [name, { sequence = [], open = [] }] of Object.entries(doors)) {
    const step = sequence.find(isInside);
    if (step !== undefined) return `holds ${formatPort(step)}, a step of door ${name}`;
    const opening = open.find(isInside);
    if (opening !== undefined) return `holds ${formatPort(opening)}, which door ${name} opens`;
  }
  return undefined;
}
