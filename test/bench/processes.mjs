// What a process and all it started cost: CPU time and memory.
import { readdirSync, readFileSync } from "node:fs";

/** Of sysconf(_SC_CLK_TCK), which Linux fixes for what it tells in /proc. */
const TICK_MS = 10;
/** Places in /proc/PID/stat behind the name (proc(5)): utime, stime, and those of children that have ended. */
const STAT_TIMES = { from: 11, to: 15 };

/** @param {number} pid @returns {number[]} */
export function tree(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const children = threads.flatMap((thread) => words(`/proc/${pid}/task/${thread}/children`)).map(Number);
    return [pid, ...children.flatMap(tree)];
  } catch {
    return [];
  }
}

/** CPU milliseconds of a process and all it started. @param {number} pid */
export function cpuMs(pid) {
  return sum(tree(pid).map(ownCpu));
}

/** In user space and in the kernel, also of its children that have ended. @param {number} pid */
export function ownCpu(pid) {
  const behindName = readOrNothing(`/proc/${pid}/stat`).split(") ").at(-1) ?? "";
  return sum(behindName.split(" ").slice(STAT_TIMES.from, STAT_TIMES.to).map(Number)) * TICK_MS;
}

/** Proportional set size in MB, with each member's share. @param {number} pid */
export function memory(pid) {
  const members = tree(pid).map((member) => ({
    name: readOrNothing(`/proc/${member}/cmdline`).replaceAll("\0", " ").trim().split("/").at(-1) ?? "",
    mb: Number(/^Pss:\s+(\d+) kB/m.exec(readOrNothing(`/proc/${member}/smaps_rollup`))?.[1] ?? 0) / 1024,
  }));
  return { mb: sum(members.map(({ mb }) => mb)), members };
}

function words(path) {
  return readOrNothing(path)
    .split(" ")
    .filter((word) => word !== "");
}

function readOrNothing(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // It has ended since it was listed.
  }
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
