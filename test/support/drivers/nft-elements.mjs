// Drives one NftElements: a JSON array of steps on stdin, what became of each on stdout. Runs inside a namespace.
//   { add: [[SET, ADDRESS]...], forMs: MS }    { remove: [[SET, ADDRESS]...] }    { together: [STEP...] }    { problem: true }
//   { counted: STEP }: as it is done, with the transactions that the kernel saw meanwhile, and how often the loop has turned

import { readFileSync } from "node:fs";
import { NftElements } from "../../../build/src/io/firewall/nftables/nft-elements.js";
import { NETLINK_NETFILTER } from "../../../build/src/io/firewall/nftables/nft-wire.js";
import { libc } from "../../../build/src/io/netlink/libc.js";
import { attributeIn, FLAG, NetlinkWriter, numberIn } from "../../../build/src/io/netlink/netlink-message.js";
import { NetlinkSocket } from "../../../build/src/io/netlink/netlink-socket.js";

const calls = await libc();
// Where there is no koffi, nobody counts.
const socket = "problem" in calls ? undefined : new NetlinkSocket(calls, NETLINK_NETFILTER);
const writer = new NetlinkWriter(64);
const elements = new NftElements();
await elements.prepare();

function placesOf(pairs) {
  return pairs.map(([set, element]) => ({ set, element }));
}

async function act({ add, forMs, remove, together, problem, counted }) {
  if (counted !== undefined) return await count(counted);
  if (problem) return elements.problem ?? "none";
  if (together !== undefined) return await Promise.all(together.map(outcomeOf));
  return await (add === undefined ? elements.remove(placesOf(remove)) : elements.add(placesOf(add), forMs));
}

async function count(step) {
  let turns = 0;
  let turn = setImmediate(function again() {
    turns++;
    turn = setImmediate(again);
  });
  const before = generation();
  const outcomes = new Set([await outcomeOf(step)].flat());
  clearImmediate(turn);
  return { outcomes: [...outcomes], transactions: generation() - before, turns };
}

/** The kernel's number of the transaction before (NFT_MSG_GETGEN, 16). */
function generation() {
  const bytes = writer
    .clear()
    .begin((10 << 8) | 16, FLAG.REQUEST, 1)
    .raw(0, 0, 0, 0)
    .end()
    .bytes();
  const [answer] = socket.request(bytes);
  return numberIn(attributeIn(answer.body.subarray(4), 1));
}

async function outcomeOf(step) {
  return (await act(step).catch((error) => error.message)) ?? "done";
}

const outcomes = [];
for (const step of JSON.parse(readFileSync(0, "utf8"))) outcomes.push(await outcomeOf(step));
elements.close();
process.stdout.write(JSON.stringify(outcomes));
