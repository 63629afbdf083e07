// In which order the files of a tier start: those that take longest first, so that none of them is left over at the end.

import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Of those that run side by side, the longest by far, the very longest first. */
const LONGEST = [
  "install/firewalls-elsewhere",
  "install/package",
  "install/firewalls",
  "install/package-elsewhere",
  "system/doctor",
  "system/gateway",
  "system/layouts",
  "install/systemd",
  "install/sandbox",
  "system/iptables",
  "system/control",
  "system/init",
  "system/howto",
  "system/interfaces",
  "system/other-servers",
  "system/spa",
  "system/signals",
  "system/faults",
  "system/failures",
  "import/knockd-import",
  "conformance",
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
