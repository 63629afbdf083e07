// Drives a firewall back-end: a JSON array of steps on stdin, a JSON array of what became of each on stdout. Runs inside a
// namespace.
//   { hide: YAML }    { open: [DOOR, ADDRESS, MS] }    { openAll: [DOOR, [ADDRESS...], MS] }    { close: [DOOR, ADDRESS] }
// A door is looked up in the config that was hidden last.

import { readFileSync } from "node:fs";
import { parseConfig } from "../../../build/src/core/config/config.js";
import { chooseFirewall } from "../../../build/src/io/firewall/firewalls.js";

let firewall;
let config;

function doorOf(name) {
  return config.doors.find((door) => door.name === name);
}

function act({ hide, open, openAll, close }) {
  if (hide !== undefined) {
    const parsed = parseConfig(hide);
    if (parsed.config === undefined) throw new Error(JSON.stringify(parsed.problems));
    config = parsed.config;
    firewall ??= chooseFirewall(config);
    return firewall.hide(config);
  }
  if (open !== undefined) return firewall.open(doorOf(open[0]), open[1], open[2]);
  if (close !== undefined) return firewall.close(doorOf(close[0]), close[1]);
  return Promise.all(openAll[1].map((ip) => firewall.open(doorOf(openAll[0]), ip, openAll[2])));
}

const results = [];
for (const step of JSON.parse(readFileSync(0, "utf8"))) {
  const startMs = performance.now();
  const outcome = await act(step).then(
    () => "done",
    (error) => error.message,
  );
  results.push({ outcome, tookMs: performance.now() - startMs });
}
firewall.release();
process.stdout.write(JSON.stringify(results));
