// The plot with codes of an authenticator app: the third way to earn a door, from the frame to the firewall.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { UNTOUCHED_GROUND } from "../../src/core/guard/guard.ts";
import { sightingWords } from "../../src/core/verdict/verdict-words.ts";
import { codeKeys, watchlistFor } from "../../src/core/watchlist.ts";
import { codeNow, knocksOf, wrongCode } from "../support/codes.ts";
import { configOf } from "../support/doors.ts";
import { generator } from "../support/generator.ts";
import { MemoryLedger } from "../support/memory-ledger.ts";
import { memoryLog } from "../support/memory-log.ts";
import { pass, Rig, stopClock } from "../support/rig.ts";

const X = "192.0.2.7";
const Y = "192.0.2.8";
const TOTP = "totp: { secret_file: /k/ssh.totp, ports: 20000-20299 }";
/** Three hundred thousand knocks. */
const SCANS_MS = 120_000;
const CONFIG = `doors: { ssh: { ${TOTP}, open: 22/tcp, for: 10s } }`;

beforeEach(() => {
  stopClock();
  // The middle of a step, so that a test knows where its edges are.
  vi.setSystemTime(1_800_000_015_000);
});
afterEach(() => {
  vi.useRealTimers();
});

async function start(yaml = CONFIG, ledger = new MemoryLedger(), log = memoryLog()): Promise<Rig> {
  const rig = new Rig(configOf(yaml), ledger, undefined, log);
  await rig.daemon.start();
  return rig;
}

/** What the log says without debug. */
function said(rig: Rig): string[] {
  return rig.log.lines.filter(({ level }) => level >= 30).map(({ msg }) => msg);
}

/** What `knockd watch` would say of each knock. */
function watched(rig: Rig): string[] {
  const seen: string[] = [];
  rig.tracers.add({ sighting: (sighting) => seen.push(sightingWords(sighting)), missed: () => {} });
  return seen;
}

async function fail(rig: Rig, times: number, who = ""): Promise<void> {
  for (let number = 0; number < times; number++) await rig.play(knocksOf(wrongCode(number), who));
}

describe("a code", () => {
  it("opens its door for its time, earned by a code", async () => {
    const rig = await start();
    await rig.play(knocksOf(codeNow()));
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    expect([...rig.daemon.view.grants.each()].map(({ earnedBy }) => earnedBy)).toEqual(["code"]);
    await pass(10_100);
    expect(rig.firewall.letThrough()).toEqual([]);
    expect(said(rig)).toEqual([`${X}: ssh: code accepted`, `${X}: ssh: OPEN SESAME`, `${X}: ssh: closed`]);
    expect(rig.reading('knockd_codes_total{result="accepted"}')).toBe(1);
  });

  it("opens over IPv6 as well", async () => {
    const rig = await start();
    await rig.play(knocksOf(codeNow(), "X6:"));
    expect(rig.firewall.letThrough()).toEqual(["ssh 2001:db8::7"]);
  });

  it.each([-1, 0, 1])("of %i steps from now opens", async (later) => {
    const rig = await start();
    await rig.play(knocksOf(codeNow(later)));
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });

  it.each([
    [-2, "ssh: code not valid now, but 2 steps (60 s) ago: was it too old, or is a clock off?, failed code 1 of 5"],
    [2, "ssh: code not valid now, but in 2 steps (60 s): the phone's clock or ours is off, failed code 1 of 5"],
    [-11, "ssh: code not valid, failed code 1 of 5"],
  ])("of %i steps from now does not, and whoever looks on is told why", async (later, verdict) => {
    const rig = await start();
    const seen = watched(rig);
    await rig.play(knocksOf(codeNow(later)));
    expect(rig.firewall.letThrough()).toEqual([]);
    expect(seen.at(-1)).toBe(verdict);
  });

  it("of eight digits is four knocks", async () => {
    const rig = await start(CONFIG.replace("20299 }", "20399, digits: 8 }"));
    await rig.play(knocksOf(codeNow(0, 8)));
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });

  it("needs its knocks within seq_timeout, and one that came too late is no failure", async () => {
    const rig = await start();
    const seen = watched(rig);
    const [first, second, third] = knocksOf(codeNow()).split(" ");
    for (let time = 0; time < 6; time++) await rig.play(`${first} ${second} +25.3 ${third}`);
    expect(rig.firewall.letThrough()).toEqual([]);
    expect(seen).toContain("ssh: timed out at stage 2 of 3: step 3 20200-20299/tcp did not arrive within 25 s");
    await rig.play(knocksOf(codeNow()));
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });

  it("may come with every packet doubled and retransmitted, also after it has opened", async () => {
    const rig = await start();
    const [first, second, third] = knocksOf(codeNow()).split(" ");
    const repeats = `${first} ${first} ${second} ${first} ${second} ${third} ${third}`;
    await rig.play(`${repeats} +1 ${first} ${second} ${third} +3 ${first} ${second} ${third} +5 ${first} ${third}`);
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    for (let time = 0; time < 6; time++) await rig.play(`${first} ${second} ${third} +1`);
    await rig.play("+60");
    await rig.play(knocksOf(codeNow()));
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    expect(said(rig).join()).not.toContain("locked");
  });

  it("is not spoiled by a late copy of any of its packets", async () => {
    const rig = await start(CONFIG.replace("20299 }", "20399, digits: 8 }"));
    const [first, second, third, fourth] = knocksOf(codeNow(0, 8)).split(" ");
    await rig.play(`${first} ${second} ${first} ${third} ${second} ${first} ${third} ${fourth}`);
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });

  it("is mixed up with nobody else's", async () => {
    const rig = await start();
    const [first, second, third] = knocksOf(codeNow()).split(" ");
    await rig.play(`${first} Y:${first} ${second} Y:S20199 ${third}`);
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });

  it("is not heard with other flags, or at an address that is not ours", async () => {
    const rig = await start();
    const [first, second, third] = knocksOf(codeNow()).split(" ");
    await rig.play(`${first}>foreign ${second}>foreign ${third}>foreign`);
    await rig.play(knocksOf(codeNow()).replaceAll("S", "A"));
    expect(rig.firewall.letThrough()).toEqual([]);
    await rig.play(`${first} ${second}>second ${third}`);
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });
});

describe("a code that was used", () => {
  it("opens for nobody again, which the log says once and then by number, and it locks nobody out", async () => {
    const rig = await start();
    const seen = watched(rig);
    const knocks = knocksOf(codeNow());
    await rig.play(knocks);
    await rig.play("+11");
    for (let time = 0; time < 10; time++) await rig.play(`${knocks} ${knocksOf(codeNow(), "Y:")}`);
    expect(rig.firewall.letThrough()).toEqual([]);
    expect(seen.at(-1)).toBe("ssh: code used already");
    expect(said(rig)).toContain(`${X}: ssh: refused: code used already`);
    await rig.play(knocksOf(codeNow(1)));
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    await rig.play("+60");
    expect(said(rig)).toContain("ssh: 19 more in the last minute: codes that were used already from 19 more addresses");
    expect(rig.reading('knockd_codes_total{result="used"}')).toBe(20);
  });

  it("opens for nobody when the clock goes back, either", async () => {
    const rig = await start();
    const knocks = knocksOf(codeNow());
    await rig.play(knocks);
    await rig.play("+3600");
    vi.setSystemTime(1_800_000_015_000);
    await rig.play(knocks);
    expect(rig.firewall.letThrough()).toEqual([]);
  });

  it("does not spoil the codes after it", async () => {
    const rig = await start();
    for (const later of [-1, 0, 1]) await rig.play(`${knocksOf(codeNow(later))} +0.1`);
    expect(rig.reading('knockd_codes_total{result="accepted"}')).toBe(3);
  });

  it("uses up those before it, which somebody may have overheard", async () => {
    const rig = await start();
    for (const later of [1, -1, 0]) await rig.play(`${knocksOf(codeNow(later))} +0.1`);
    expect(rig.reading('knockd_codes_total{result="accepted"}')).toBe(1);
    expect(rig.reading('knockd_codes_total{result="used"}')).toBe(2);
  });
});

describe("wrong codes", () => {
  it("open nothing, and the pair that was wrong is named to whoever looks on, not in the log", async () => {
    const rig = await start();
    const seen = watched(rig);
    const good = codeNow();
    const wrong = `${good.slice(0, 4)}${String((Number(good.slice(4)) + 50) % 100).padStart(2, "0")}`;
    await rig.play(knocksOf(wrong));
    expect(seen.at(-1)).toBe("ssh: code not valid: wrong pair 3, failed code 1 of 5");
    expect(said(rig)).toEqual([`${X}: ssh: refused: code not valid, failed code 1 of 5`]);
    expect(rig.firewall.letThrough()).toEqual([]);
  });

  it("five in a minute make their source suspect: from there, and nobody else, two codes in a row are asked for", async () => {
    const rig = await start(
      `doors: { ssh: { ${TOTP}, open: 22/tcp }, web: { totp: { secret_file: /k/w, ports: 21000-21299 }, open: 80/tcp } }`,
    );
    const seen = watched(rig);
    await fail(rig, 5);
    expect(seen.at(-1)).toBe("ssh: code not valid, failed code 5: for a minute two codes in a row are asked for");
    expect(said(rig)).toContain(`${X}: ssh: 5 failed codes in a minute: for a minute two codes in a row are asked for`);
    // The doors of this test share a secret, so each code is good at one of them.
    await rig.play(knocksOf(codeNow(-1), "", 21_000));
    expect(rig.firewall.letThrough()).toEqual([`web ${X}`]);
    await rig.play(knocksOf(codeNow()));
    expect(seen.at(-1)).toBe(
      "ssh: code right, but too many wrong ones came from this address lately: send the next one as well",
    );
    await rig.play(knocksOf(codeNow(1), "Y:"));
    expect(rig.firewall.letThrough().sort()).toEqual([`ssh ${Y}`, `web ${X}`]);
    await rig.play(`+30 ${knocksOf(codeNow(2))}`);
    // The one between them was used from elsewhere: these two are not in a row.
    expect(seen.at(-1)).toMatch(/^ssh: code right, but/);
    await rig.play("+29");
    await rig.play(knocksOf(codeNow(1)));
    expect(seen.at(-1)).toBe("ssh: opens");
  });

  it("forged with the owner's address keep nobody out: the owner sends two codes", async () => {
    const rig = await start();
    for (let half = 0; half < 4; half++) {
      await fail(rig, 10);
      await rig.play(`${knocksOf(codeNow())} +30`);
    }
    expect(rig.reading('knockd_codes_total{result="accepted"}')).toBe(2);
    expect(rig.reading('knockd_codes_total{result="second"}')).toBe(2);
  });

  it("count together for doors that open the same port", async () => {
    const rig = await start(
      `doors: { ssh: { ${TOTP}, open: 22/tcp }, too: { totp: { secret_file: /k/w, ports: 21000-21299 }, open: 22/tcp } }`,
    );
    await fail(rig, 5);
    await rig.play(knocksOf(codeNow(), "", 21_000));
    expect(rig.firewall.letThrough()).toEqual([]);
    await rig.play("+61");
    await rig.play(knocksOf(codeNow(), "", 21_000));
    expect(rig.firewall.letThrough()).toEqual([`too ${X}`]);
  });

  it("whose beginning is right and whose end is wrong are a listener's: that code opens for nobody by itself", async () => {
    const rig = await start();
    const seen = watched(rig);
    const good = codeNow();
    const endings = Array.from({ length: 100 }, (_, end) => `${good.slice(0, 4)}${String(end).padStart(2, "0")}`);
    for (const [number, code] of endings
      .filter((code) => code !== good)
      .slice(0, 3)
      .entries())
      for (const [index, pair] of (code.match(/\d\d/g) ?? []).entries())
        rig.seeFrom(`203.0.113.${number}`, `S${20_000 + 100 * index + Number(pair)}`);
    await rig.play(knocksOf(good, "Y:"));
    expect(seen.at(-1)).toBe("ssh: code right, but somebody else tried endings of it: send the next one as well");
    expect(rig.firewall.letThrough()).toEqual([]);
    await rig.play(`+30 ${knocksOf(codeNow(1), "X:")} ${knocksOf(codeNow(0), "Y:")}`);
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });

  it("four of them do not", async () => {
    const rig = await start();
    await fail(rig, 4);
    await rig.play(knocksOf(codeNow()));
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });

  it("in the wrong order drop the attempt: pairs count only in theirs", async () => {
    const rig = await start();
    const seen = watched(rig);
    const [first, second, third] = knocksOf(codeNow()).split(" ");
    await rig.play(`${first} ${third} ${second}`);
    expect(seen).toEqual([
      "ssh: stage 1 of 3",
      "ssh: dropped at stage 1 of 3: wrong port, expected 20100-20199/tcp",
      "ssh: step 2 of 3 without step 1, 20000-20099/tcp",
    ]);
    expect(rig.firewall.letThrough()).toEqual([]);
  });

  it("from thousands of addresses keep nobody out who sends two codes, and are one alert a minute", async () => {
    const rig = await start();
    const wrong = wrongCode().match(/\d\d/g) ?? [];
    for (let number = 0; number < 3000; number++) {
      const ip = `10.${number % 250}.${Math.floor(number / 250)}.9`;
      for (const [index, pair] of wrong.entries()) rig.seeFrom(ip, `S${20_000 + 100 * index + Number(pair)}`);
    }
    await rig.play(knocksOf(codeNow()));
    expect(rig.firewall.letThrough()).toEqual([]);
    await rig.play("+30");
    await rig.play(knocksOf(codeNow()));
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    await rig.play("+30");
    const alert = "ssh: 2999 more in the last minute: wrong codes from 2999 more addresses: somebody is guessing";
    expect(rig.log.lines.filter(({ level }) => level >= 40)).toMatchObject([{ event: "code-guessing", msg: alert }]);
    expect(said(rig)).toHaveLength(6);
  });

  it("are told again in the next minute, as long as they come", async () => {
    const rig = await start();
    for (let minute = 0; minute < 3; minute++) {
      await fail(rig, 5);
      await rig.play("+61");
    }
    expect(said(rig).filter((text) => text.endsWith("failed code 1 of 5"))).toHaveLength(3);
  });
});

describe("a scan of the whole range", () => {
  it("opens nothing, in a thousand random orders, and every one makes its source suspect", {
    timeout: SCANS_MS,
  }, async () => {
    const rig = await start();
    const random = generator(7);
    for (let round = 0; round < 1000; round++) {
      const ports = Array.from({ length: 300 }, (_, index) => ({ port: 20_000 + index, at: random() }));
      const ip = `10.0.${round % 250}.${Math.floor(round / 250)}`;
      for (const { port } of ports.sort((a, b) => a.at - b.at)) rig.seeFrom(ip, `S${port}`);
    }
    await pass(0);
    expect(rig.firewall.letThrough()).toEqual([]);
    expect(rig.reading('knockd_codes_total{result="suspected"}')).toBe(1000);
  });

  it("in ascending or descending order completes no code at all", async () => {
    const rig = await start();
    const ports = Array.from({ length: 300 }, (_, index) => `S${20_000 + index}`);
    await rig.play(`${ports.join(" ")} ${ports.reverse().join(" ")}`);
    expect(rig.reading('knockd_codes_total{result="wrong"}')).toBe(0);
  });
});

describe("a door that requires a sequence and a code", () => {
  const BOTH = `doors: { ssh: { sequence: "7000,8000/udp", ${TOTP}, require: [sequence, totp], open: 22/tcp } }`;

  it("opens for both, first the sequence", async () => {
    const rig = await start(BOTH);
    const seen = watched(rig);
    await rig.play("S7000 U8000");
    expect(rig.firewall.letThrough()).toEqual([]);
    expect(seen.at(-1)).toBe("ssh: sequence complete, now the code: expected 20000-20099/tcp");
    await rig.play(knocksOf(codeNow()));
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });

  it("does not open for either alone, nor for the code first, and does not use the code up", async () => {
    const rig = await start(BOTH);
    const seen = watched(rig);
    await rig.play(`${knocksOf(codeNow())} S7000 U8000`);
    expect(seen[0]).toBe("ssh: a code before the sequence, ignored: expected 7000/tcp");
    expect(rig.firewall.letThrough()).toEqual([]);
    await rig.play(knocksOf(codeNow()));
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });

  it("wants the sequence again for each guess, and the code within seq_timeout of it", async () => {
    const rig = await start(BOTH);
    await rig.play("S7000 U8000");
    await rig.play(`${knocksOf(wrongCode())} ${knocksOf(codeNow())}`);
    expect(rig.firewall.letThrough()).toEqual([]);
    await rig.play("S7000 U8000 +25.3");
    await rig.play(knocksOf(codeNow()));
    expect(rig.firewall.letThrough()).toEqual([]);
    await rig.play("S7000 U8000 +24");
    await rig.play(knocksOf(codeNow()));
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });

  it("allows one guess a sequence, however often that was knocked before", async () => {
    const rig = await start(BOTH);
    await rig.play("S7000 U8000 S7000 U8000 S7000 U8000");
    await rig.play(`${knocksOf(wrongCode())} ${knocksOf(codeNow())}`);
    expect(rig.firewall.letThrough()).toEqual([]);
  });

  it("is opened by either where nothing is required", async () => {
    const rig = await start(BOTH.replace("require: [sequence, totp], ", ""));
    await rig.play("S7000 U8000");
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    await rig.play(knocksOf(codeNow(), "Y:"));
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`, `ssh ${Y}`]);
  });
});

describe("what is captured", () => {
  it("is the whole range, and no guard stands in it", async () => {
    const rig = await start();
    expect(rig.filter).toContain("(tcp[2:2] >= 20000 and tcp[2:2] <= 20299)");
    const doors = configOf(`doors: { ssh: { sequence: [19999, 20300, 7000], ${TOTP} } }`).doors;
    for (let seed = 1; seed < 50; seed++) {
      const { guards } = watchlistFor(doors, true, UNTOUCHED_GROUND, [seed, 2, 3, 4]);
      expect(codeKeys(doors).filter((key) => guards.get("ssh")?.has(key))).toEqual([]);
      expect(guards.get("ssh")?.ranges().length).toBeGreaterThan(3);
    }
    expect(codeKeys(doors)).toHaveLength(300);
  });
});

describe("a reload", () => {
  it("with a secret that will not do is rejected, and what was used stays used", async () => {
    const rig = await start();
    const knocks = knocksOf(codeNow());
    await rig.play(`${knocks} +11`);
    rig.keyFailure = new Error("others may read it");
    await expect(rig.daemon.reload(configOf(CONFIG.replace("22/tcp", "23/tcp")))).rejects.toThrow("others may read it");
    expect(rig.firewall.hidden).toEqual(["22/tcp"]);
    rig.keyFailure = undefined;
    await rig.daemon.reload(configOf(CONFIG.replace("for: 10s", "for: 20s")));
    await rig.play(knocks);
    expect(rig.firewall.letThrough()).toEqual([]);
    await rig.play(knocksOf(codeNow(1)));
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
  });
});
