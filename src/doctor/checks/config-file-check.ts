// Whether the config can be used, and whether it keeps its secret: whoever reads it can knock.
import { existsSync, statSync } from "node:fs";
import { looseness } from "../../core/config/looseness.ts";
import { weakSequences, weakSequenceText } from "../../core/config/weakness.ts";
import { type Check, type Finding, fail, ok, warn } from "../machine-check.ts";

export const configFile: Check = {
  name: "config",
  look({ file, read }) {
    if ("problem" in read) return [fail(read.problem, `knockd ${existsSync(file) ? "check" : "init"} -c ${file}`)];
    const { doors } = read.config;
    const loose = looseness(statSync(file).mode);
    const found: Finding[] =
      loose === undefined ? [] : [warn(`${file} is ${loose}, and it holds the sequences`, `chmod 640 ${file}`)];
    const weak = weakSequences(read.config);
    found.push(...weak.map((each) => warn(weakSequenceText(each), "knockd suggest")));
    if (doors.length === 0) found.push(warn(`${file} has no door, so nothing can be opened`));
    if (read.config.firewall === "none" && doors.some(({ open }) => open.length > 0))
      found.push(warn("options.firewall is none: nothing is hidden, openings are only logged"));
    return found.length > 0 ? found : [ok(`${file}: ${doors.length} ${doors.length === 1 ? "door" : "doors"}`)];
  },
};
