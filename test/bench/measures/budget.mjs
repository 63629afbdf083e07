// Where the time goes, from the kernel's time of the last knock to the kernel's answer that its sender is let in.
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { timedIn } from "../contenders.mjs";
import { FIRST_DOOR } from "../lab.mjs";
import { quantile } from "../numbers.mjs";
import { pause } from "../shell.mjs";

const DOOR = { steps: ["17301/tcp", "4312/tcp", "28119/udp"], open: FIRST_DOOR };
const PROGRAM = fileURLToPath(new URL("../timed-daemon.mjs", import.meta.url));

/** Median and p99 of each part of the way, in microseconds. `of` runs a daemon whose sniffer leaves its times. */
export async function budget(lab, _start, { openings }) {
  const ways = join(lab.directory, "ways.json");
  const flushes = join(lab.directory, "flushes");
  // The sniffer is nobody.
  rmSync(flushes, { force: true });
  writeFileSync(flushes, "");
  chmodSync(lab.directory, 0o755);
  chmodSync(flushes, 0o666);
  const env = { BUDGET: ways, FLUSH_TIMES: flushes, PRELOAD: lab.preload };
  const contender = await timedIn(PROGRAM, env)(lab, [DOOR]);
  await pause(1000);
  const plan = lab.knockers(openings).map((source) => ({ source, steps: DOOR.steps }));
  await lab.knock(plan, { gapUs: 1000, probeUs: 25 });
  await contender.stop();
  const flushed = readFileSync(flushes, "utf8").trim().split("\n").map(Number);
  const whole = JSON.parse(readFileSync(ways, "utf8")).filter((way) => way.let !== undefined);
  const parts = {
    "packet -> tcpdump has it": (way) => before(flushed, way.chunk) - way.packet,
    "tcpdump -> pipe -> daemon reads it": (way) => way.chunk - before(flushed, way.chunk),
    "reads it -> judged": (way) => way.earned - way.chunk,
    "judged -> in the ledger": (way) => way.noted - way.earned,
    "  of that, writing the line": (way) => way.written,
    "ledger -> firewall": (way) => way.letting - way.noted,
    firewall: (way) => way.let - way.letting,
    "  of that, the kernel and koffi": (way) => way.kernel,
    "packet -> let in": (way) => way.let - way.packet,
  };
  return Object.fromEntries(
    Object.entries(parts).map(([name, part]) => {
      const found = whole.map(part);
      return [name, { p50Us: Math.round(quantile(found, 0.5)), p99Us: Math.round(quantile(found, 0.99)) }];
    }),
  );
}

/** The last of the times that is not later. */
function before(times, us) {
  return times.findLast((time) => time <= us) ?? Number.NaN;
}
