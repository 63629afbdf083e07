// In which order the files of a tier start: those that take longest first, so that none of them is left over at the end.

import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Of those that run side by side, the longest by far, the very longest first. */
const LONGEST = [
  "install/systemd",
  "install/package",
  "install/package-elsewhere",
  "system/gateway",
  "system/init",
  "system/interfaces",
  "system/other-servers",
  "system/doctor",
  "system/iptables",
  "system/howto",
  "system/signals",
  "system/faults",
  "system/spa",
  "system/failures",
  "import/knockd-import",
].map((name) => `/test/${name}.test.ts`);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return place < 0 ? LONGEST.length : place;
    };
    const turn = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    return [...files].sort((one, other) => turn(one) - turn(other) || rank(one) - rank(other));
  }
}
