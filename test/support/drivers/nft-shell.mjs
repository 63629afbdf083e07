// Drives one NftShell: a JSON array of steps on stdin, a JSON array of what became of each on stdout. Runs inside a namespace.
//   { run: [STATEMENT...] }              all handed over at once
//   { run: [...], signal: "SIGKILL" }    and nft gets this signal in the same moment
//   { signal: "SIGKILL" }                nft gets it while nothing is under way, and is gone before the next step

import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { NftShell } from "../../../build/src/io/firewall/nftables/nft-shell.js";

const shell = new NftShell();
const results = [];

function children() {
  const list = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").trim();
  return list === "" ? [] : list.split(" ").map(Number);
}

function signalAll(name) {
  for (const pid of children()) process.kill(pid, name);
}

for (const { run = [], signal } of JSON.parse(readFileSync(0, "utf8"))) {
  const outcomes = run.map((text) =>
    shell.run(text).then(
      () => "done",
      (error) => error.message,
    ),
  );
  const pids = children();
  if (signal !== undefined) signalAll(signal);
  while (signal === "SIGKILL" && run.length === 0 && children().length > 0) await delay(1);
  results.push({ outcomes: await Promise.all(outcomes), pids });
}
await shell.end();
process.stdout.write(JSON.stringify(results));
