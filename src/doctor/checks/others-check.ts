// Other knockds on the same network: the old one in C, and further ones of ours.
import { resolve } from "node:path";
import { type Check, type Finding, ok, warn } from "../machine-check.ts";
import type { Knockd } from "../processes.ts";
import { runsOurs, unitOf } from "../systemctl.ts";

export const others: Check = {
  name: "other knockds",
  async look(machine) {
    const { knockds } = machine.processes();
    const [, ...doubled] = machine.daemons();
    const old = knockds.filter(({ kind }) => kind === "old");
    const ours = knockds.filter(({ kind, file }) => kind === "ours" && file !== resolve(machine.file));
    const findings: Finding[] = [
      ...(await Promise.all(old.map(oldOne))),
      ...doubled.map((each) => warn(`a second daemon runs with the same config (${where(each)})`, `kill ${each.pid}`)),
      ...ours.map((each) =>
        warn(`another daemon runs with ${each.file} (${where(each)})`, `knockd doctor -c ${each.file}`),
      ),
    ];
    return findings.length > 0 ? findings : [ok("none")];
  },
};

/** By the name of knockd there is our own package: to purge that would be to undo the change. */
async function oldOne(each: Knockd): Promise<Finding> {
  const unit = await unitOf();
  if (unit?.get("MainPID") === String(each.pid) && runsOurs(unit))
    return warn(
      `the old knockd runs until you change over (${where(each)})`,
      "systemctl enable knockd && systemctl restart knockd",
    );
  return warn(`the old knockd runs, too (${where(each)}): both act on the same knocks`, `kill ${each.pid}`);
}

function where({ pid, network }: Knockd): string {
  return `process ${pid}${network === "same" ? "" : ", perhaps on a network of its own"}`;
}
