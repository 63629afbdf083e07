// Packets that only look signed, from invented sources, and beside them sequences, packets from networks that have opened a door
// before, and packets of newcomers: how many open, and what the flood costs.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seal } from "../../../build/src/core/spa/seal.js";
import { FIRST_DOOR } from "../lab.mjs";
import { quantile } from "../numbers.mjs";
import { cpuMs, memory } from "../processes.mjs";
import { pause } from "../shell.mjs";

const PORT = 62_201;
const STEPS = ["17301/tcp", "4312/tcp", "28119/tcp"];
const TRIES = 20;
const GAP_US = 10_000;
const SETTLE_MS = 3000;
/** Until the flood has used up what was saved. */
const FILL_MS = 2000;

export async function packets(lab, start, { keys, rate, limitMs }) {
  const secrets = Array.from({ length: keys }, (_, number) => ({
    key: Buffer.alloc(32, number + 1),
    hmacKey: Buffer.alloc(64, number + 100),
  }));
  const doors = [
    { steps: STEPS, open: FIRST_DOOR },
    { spa: true, open: FIRST_DOOR + 1 },
  ];
  const contender = await start(lab, doors, { keys: secrets.map((each, number) => keyFile(lab, each, number)) });
  await pause(SETTLE_MS);
  const { mb: idleMb } = memory(contender.pid);
  // The last key is the last that is tried.
  const send = (source) => sendOne(lab, source, secrets.at(-1), limitMs);
  for (let number = 0; number < TRIES; number++) await send(`10.78.${100 + number}.1`);
  const sending = lab.sending({ protocol: "spa", ports: [PORT], rate });
  await pause(FILL_MS);
  const [receivedBefore, cpuBefore, beganMs] = [await lab.received(), cpuMs(contender.pid), performance.now()];
  const sequences = await lab.knock(
    lab.knockers(TRIES).map((source) => ({ source, steps: STEPS })),
    { gapUs: GAP_US, limitMs },
  );
  const known = [];
  const newcomers = [];
  for (let number = 0; number < TRIES; number++) {
    known.push(await send(`10.78.${100 + number}.2`));
    newcomers.push(await send(`10.78.${200 + number}.1`));
  }
  const passedMs = performance.now() - beganMs;
  const [received, cpu] = [(await lab.received()) - receivedBefore, cpuMs(contender.pid) - cpuBefore];
  await sending.stop();
  await contender.stop();
  const opened = (all) => all.filter((us) => us !== undefined);
  return {
    keys,
    packetsPerS: Math.round((received / passedMs) * 1000),
    sequences: opened(sequences).length,
    known: opened(known).length,
    newcomers: opened(newcomers).length,
    knownP50Ms: quantile(opened(known), 0.5) / 1000,
    sequencesP50Ms: quantile(opened(sequences), 0.5) / 1000,
    cpuPercent: (cpu / passedMs) * 100,
    idleMb,
  };
}

/** Microseconds from the first look, just after the packet, until the door lets in; or undefined. */
async function sendOne(lab, source, { key, hmacKey }, limitMs) {
  const text = seal({
    username: "bench",
    nowS: Date.now() / 1000,
    random: crypto.getRandomValues(Buffer.alloc(16)),
    message: `${source},udp/${FIRST_DOOR + 1}`,
    key,
    hmacKey,
  });
  await lab.datagram(source, PORT, text);
  const [us] = await lab.knock([{ source, steps: [], door: FIRST_DOOR + 1 }], { limitMs });
  return us;
}

function keyFile(lab, { key, hmacKey }, number) {
  const file = join(lab.directory, `key${number}`);
  writeFileSync(file, `KEY_BASE64 ${key.toString("base64")}\nHMAC_KEY_BASE64 ${hmacKey.toString("base64")}\n`);
  chmodSync(file, 0o600);
  return file;
}
