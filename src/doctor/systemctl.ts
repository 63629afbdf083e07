// What systemd says of our unit.
import { existsSync } from "node:fs";
import { runTool } from "../io/tool.ts";

const PROPERTIES = [
  "LoadState",
  "ActiveState",
  "SubState",
  "MainPID",
  "UnitFileState",
  "Result",
  "AmbientCapabilities",
  "Environment",
  "ExecStart",
  "FragmentPath",
];

/** Whether the unit's file is ours; the process may still be that of an older one. */
export function runsOurs(unit: ReadonlyMap<string, string>): boolean {
  return unit.get("ExecStart")?.includes("knockd run") === true;
}

/** Undefined where systemd does not run (sd_booted(3)). */
export async function unitOf(): Promise<ReadonlyMap<string, string> | undefined> {
  if (!existsSync("/run/systemd/system")) return undefined;
  const said = await runTool(["systemctl", "show", "knockd.service", `--property=${PROPERTIES.join(",")}`]);
  return new Map(said.split("\n").map((line) => [line.replace(/=.*/s, ""), line.replace(/^[^=]*=/s, "")]));
}
