// Drives one NftElements: a JSON array of steps on stdin, what became of each on stdout. Runs inside a namespace.
//   { add: [[SET, ADDRESS]...], forMs: MS }    { remove: [[SET, ADDRESS]...] }    { together: [STEP...] }    { problem: true }

import { readFileSync } from "node:fs";
import { NftElements } from "../../../build/src/io/firewall/nftables/nft-elements.js";

const elements = new NftElements();
await elements.prepare();

function placesOf(pairs) {
  return pairs.map(([set, element]) => ({ set, element }));
}

async function act({ add, forMs, remove, together, problem }) {
  if (problem) return elements.problem ?? "none";
  if (together !== undefined) return await Promise.all(together.map(outcomeOf));
  return await (add === undefined ? elements.remove(placesOf(remove)) : elements.add(placesOf(add), forMs));
}

async function outcomeOf(step) {
  return (await act(step).catch((error) => error.message)) ?? "done";
}

const outcomes = [];
for (const step of JSON.parse(readFileSync(0, "utf8"))) outcomes.push(await outcomeOf(step));
elements.close();
process.stdout.write(JSON.stringify(outcomes));
