// The plot with signed packets: the second way to earn a door, under the same roof as the first.
import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Outgoing } from "../../src/core/spa/seal.ts";
import { configOf } from "../support/doors.ts";
import { datagram } from "../support/frames.ts";
import { pass, Rig, stopClock } from "../support/rig.ts";
import { Scratch } from "../support/scratch.ts";
import { packet } from "../support/spa-packets.ts";

const X = "192.0.2.7";
const OWN = "198.51.100.1";
const CONFIG = `
keys: { alice: { file: /k/alice, doors: ssh } }
doors: { ssh: { sequence: "7000,8000/udp", spa: true, open: 22/tcp, for: 30s, max_for: 5m } }`;

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

async function start(yaml = CONFIG): Promise<Rig> {
  const rig = new Rig(configOf(yaml));
  await rig.daemon.start();
  return rig;
}

async function send(rig: Rig, asked: Partial<Outgoing> = {}): Promise<string> {
  const text = packet({ nowS: Date.now() / 1000, ...asked });
  await sendText(rig, text);
  return text;
}

async function sendText(rig: Rig, text: string): Promise<void> {
  rig.see(datagram({ from: X, to: OWN, port: 62_201, payload: Buffer.from(text) }));
  await pass(0);
}

describe("a signed packet", () => {
  it("opens its door for its time, in the log with the key's name", async () => {
    const rig = await start();
    await send(rig);
    await pass(29_900);
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    await pass(200);
    expect(rig.firewall.letThrough()).toEqual([]);
    expect(rig.log.messages()).toEqual([
      `${X}: key alice: signed packet for ssh`,
      `${X}: ssh: OPEN SESAME`,
      `${X}: ssh: closed`,
    ]);
    expect(rig.ledger.text).toContain('"earnedBy":"packet","key":"alice"');
  });

  it("extends what knocks opened, and knocks what it opened, and neither shortens", async () => {
    const rig = await start();
    await rig.play("S7000 U8000");
    await send(rig, { timeoutS: 60 });
    await rig.play("S7000 U8000 +31");
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    await rig.play("+30");
    expect(rig.firewall.letThrough()).toEqual([]);
    expect(rig.log.messages().filter((text) => text.includes("OPEN SESAME"))).toHaveLength(1);
  });

  it("that was used extends nothing", async () => {
    const rig = await start();
    const text = await send(rig);
    await pass(20_000);
    await sendText(rig, text);
    await pass(10_100);
    expect(rig.firewall.letThrough()).toEqual([]);
    expect(rig.log.messages()).toContain(`${X}: key alice: refused: this packet was used already`);
  });

  it("asks for its time in the ledger, too: a next run closes when this one would have", async () => {
    const rig = await start();
    await send(rig, { timeoutS: 60 });
    const next = new Rig(configOf(CONFIG), rig.ledger.handOn(), rig.firewall.handOn());
    await next.daemon.start();
    await pass(59_000);
    expect(next.firewall.letThrough()).toEqual([`ssh ${X}`]);
    await pass(1100);
    expect(next.firewall.letThrough()).toEqual([]);
  });

  it("spends no one-time sequence", async () => {
    const scratch = new Scratch();
    scratch.make();
    try {
      const file = scratch.pathOf("sequences");
      writeFileSync(file, " 7000,8000\n 7100,8100\n");
      const rig = await start(CONFIG.replace('sequence: "7000,8000/udp"', `one_time_sequences: ${file}`));
      await send(rig);
      expect(rig.log.messages().join()).not.toContain("one-time");
      await rig.play("S7000 S8000");
      expect(rig.log.messages()).toContain("ssh: one-time sequence used, 1 left");
    } finally {
      scratch.remove();
    }
  });
});

describe("a reload", () => {
  it("with a key file that will not do is rejected, and nothing has changed", async () => {
    const rig = await start();
    rig.keyFailure = new Error("others may read it");
    await expect(rig.daemon.reload(configOf(CONFIG.replace("22/tcp", "23/tcp")))).rejects.toThrow("others may read it");
    expect(rig.firewall.hidden).toEqual(["22/tcp"]);
    await send(rig);
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });

  it("takes other keys and another port, and what was used stays used", async () => {
    const rig = await start();
    const text = await send(rig);
    rig.secrets = { key: Buffer.alloc(32, 7), hmacKey: Buffer.alloc(64, 7) };
    await rig.daemon.reload(configOf(CONFIG));
    await send(rig);
    expect(rig.log.messages().at(-1)).toMatch(/signed packet refused: its signature fits no key/);
    rig.secrets = { key: Buffer.alloc(32, 1), hmacKey: Buffer.alloc(64, 2) };
    await rig.daemon.reload(configOf(CONFIG));
    await sendText(rig, text);
    expect(rig.log.messages().at(-1)).toBe(`${X}: key alice: refused: this packet was used already`);
  });

  it("without keys looks for no packets any more, and with them again", async () => {
    const rig = await start();
    expect(rig.filter).toContain("62201");
    await rig.daemon.reload(configOf(CONFIG.replace(/^keys.*$/m, "")));
    expect(rig.filter).not.toContain("62201");
    await send(rig);
    expect(rig.log.messages()).toEqual([]);
    await rig.daemon.reload(configOf(`options: { spa_port: 4711 }${CONFIG}`));
    expect(rig.filter).toContain("4711");
  });
});

it("a key's weakness is said at start and at each reload", async () => {
  const rig = await start(CONFIG.replace("doors: ssh }", "doors: ssh, source: embedded }"));
  const warning = "keys.alice: source: embedded opens for an address that the packet's way does not prove";
  expect(rig.log.lines).toMatchObject([{ level: 40, msg: warning }]);
});
