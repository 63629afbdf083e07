// The faults: each does its harm at once, notes when, and starts the daemon again where it has ended it.
import { setTimeout as delay } from "node:timers/promises";
import { endNow } from "../support/netns.ts";
import type { TortureLab } from "./lab.ts";
import type { DoorName, Fault, Plan } from "./plan.ts";
import { HELPERS, type Processes, type Role } from "./processes.ts";
import { type Down, nowMs, type RoundRecord } from "./record.ts";

/** What a fault works on. `processes` are known beforehand, so that a kill is immediate. */
export interface Scene {
  readonly lab: TortureLab;
  readonly plan: Plan;
  readonly record: RoundRecord;
  readonly processes: Processes;
}

const REPAIR_MS = 1000;
const RELOADS = 20;
const RELOAD_EVERY_MS = 8;
const EXTRA_DOOR = "  extra: { sequence: [14771/udp, 3917/udp], open: 2299/tcp }\n";

export const inject: { readonly [fault in Fault]: (scene: Scene) => Promise<void> } = {
  "kill daemon": (scene) => crash(scene, ["daemon"]),
  "kill daemon twice": crashTwice,
  "kill capture": (scene) => kill(scene, ["capture"]),
  "kill all": (scene) => crash(scene, ["daemon", ...HELPERS]),
  "delete table": (scene) => takeAway(scene, "delete table inet knockd", ["web"]),
  "flush table": (scene) => takeAway(scene, "flush table inet knockd", ["web"]),
  "flush ruleset": (scene) => takeAway(scene, "flush ruleset\nADMIN", ["web", "cmd", "set"]),
  "flush ruleset, restore later": restoreLater,
  "flush ruleset, reload": async (scene) => {
    await takeAway(scene, "flush ruleset\nADMIN", ["web", "cmd", "set"]);
    scene.lab.signal("SIGHUP");
  },
  "flush ruleset while down": (scene) =>
    crash(scene, ["daemon"], () => takeAway(scene, "flush ruleset\nADMIN", ["web", "cmd", "set"])),
  "reload storm": reloadStorm,
  terminate,
};

async function kill({ processes }: Scene, roles: readonly Role[]): Promise<void> {
  for (const pid of roles.flatMap((role) => processes[role])) endNow(pid);
}

async function crash(scene: Scene, roles: readonly Role[], whileDown?: () => Promise<void>): Promise<void> {
  const { lab, plan, record } = scene;
  const fromMs = nowMs();
  await kill(scene, roles);
  await lab.gone();
  const goneMs = nowMs();
  await whileDown?.();
  record.downs.push(await startAgain(lab, plan.downMs, { signal: "SIGKILL", fromMs, goneMs }));
}

/** The second time while it starts, or soon after. */
async function crashTwice({ lab, plan, record }: Scene): Promise<void> {
  const spans: { fromMs: number; goneMs: number; againMs: number }[] = [];
  let firstBackMs: number | undefined;
  for (const againAfterMs of [plan.downMs, plan.thenMs / 2]) {
    const fromMs = nowMs();
    if (spans.length > 0 && lab.listens) firstBackMs = fromMs;
    lab.signal("SIGKILL");
    await lab.gone();
    const goneMs = nowMs();
    await delay(againAfterMs);
    spans.push({ fromMs, goneMs, againMs: nowMs() });
    lab.spawn();
    if (spans.length === 1) await delay(plan.thenMs);
  }
  await lab.listening();
  const toMs = nowMs();
  for (const [index, span] of spans.entries()) {
    record.downs.push({ signal: "SIGKILL", ...span, toMs: index === 0 ? (firstBackMs ?? toMs) : toMs });
  }
}

async function terminate({ lab, plan, record }: Scene): Promise<void> {
  const fromMs = nowMs();
  lab.signal("SIGTERM");
  const code = await lab.gone();
  if (code !== 0) record.ailments.push(`SIGTERM: exit code ${code}`);
  record.downs.push(await startAgain(lab, plan.downMs, { signal: "SIGTERM", fromMs, goneMs: nowMs() }));
}

async function startAgain(lab: TortureLab, afterMs: number, down: Omit<Down, "toMs" | "againMs">): Promise<Down> {
  await delay(afterMs);
  const againMs = nowMs();
  await lab.start();
  return { ...down, againMs, toMs: nowMs() };
}

async function takeAway(
  { lab, record }: Scene,
  ruleset: string,
  doors: readonly DoorName[],
  repairMs: number = REPAIR_MS,
): Promise<void> {
  const fromMs = nowMs();
  await lab.nft(ruleset);
  record.taken.push({ doors, fromMs, restoredMs: nowMs(), repairMs });
}

/** As `systemctl restart nftables` does it. */
async function restoreLater(scene: Scene): Promise<void> {
  const { lab, plan, record } = scene;
  const fromMs = nowMs();
  await takeAway(scene, "flush ruleset", ["web"]);
  await delay(plan.thenMs);
  await lab.nft("ADMIN");
  record.taken.push({ doors: ["cmd", "set"], fromMs, restoredMs: nowMs(), repairMs: REPAIR_MS });
}

async function reloadStorm({ lab }: Scene): Promise<void> {
  for (let count = 1; count <= RELOADS; count++) {
    lab.configure(count % 2 === 0 ? "" : EXTRA_DOOR);
    lab.signal("SIGHUP");
    await delay(RELOAD_EVERY_MS);
  }
}
