// What requests make the daemon do, and what it answers.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type DoorResult,
  doorResultSchema,
  LINE_BYTES_MAX,
  metricsSchema,
  type Request,
  watchSchema,
} from "../../src/core/control/requests.ts";
import { GRANTS_A_LINE, type StatusLine, statusSchema } from "../../src/core/control/status-lines.ts";
import { EXIT } from "../../src/core/exit.ts";
import { ControlRequests } from "../../src/daemon/control-requests.ts";
import { TRACERS_MAX } from "../../src/io/control/tracers.ts";
import { config, type DoorOptions } from "../support/doors.ts";
import { readingOf } from "../support/prometheus.ts";
import { Rig, startRig, stopClock } from "../support/rig.ts";

const SSH: DoorOptions = { name: "ssh", sequence: "7000,8000/udp", open: "22/tcp", for: "30s" };
const CMD: DoorOptions = { name: "cmd", sequence: "1", start_command: "start %IP%", stop_command: "stop %IP%" };
const X = "192.0.2.7";

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

const CAPTURES = [{ interface: "eth0", state: "capturing", received: 7, dropped: 2, lost: 1 }] as const;

const pageOf = (rig: Rig): string => rig.daemon.metrics({ version: "1.2.3", startedMs: 0, captures: CAPTURES });

function requestsOf(rig: Rig): ControlRequests {
  return new ControlRequests({
    daemon: rig.daemon,
    captures: async () => CAPTURES,
    metrics: async () => pageOf(rig),
    tracers: rig.tracers,
    reload: async () => [{ done: true, said: "re-reading config file: f" }],
    log: rig.log.log,
    about: { version: "1.2.3", pid: 4711, config: "f", firewall: "nftables" },
  });
}

async function answers(rig: Rig, request: Request, gone = new AbortController().signal): Promise<unknown[]> {
  const lines: unknown[] = [];
  for await (const line of requestsOf(rig).answer(request, gone)) lines.push(line);
  return lines;
}

async function results(rig: Rig, request: Request): Promise<DoorResult[]> {
  return (await answers(rig, request)).map((line) => doorResultSchema.parse(line));
}

async function status(rig: Rig) {
  const lines = (await answers(rig, { request: "status" })).map((line): StatusLine => statusSchema.parse(line));
  const [first] = lines;
  if (first === undefined || !("overview" in first)) throw new Error("no overview first");
  return { ...first.overview, grants: lines.flatMap((line) => ("grants" in line ? line.grants : [])) };
}

describe("metrics", () => {
  it("answers the page for Prometheus, in whole lines that the socket takes, however many doors there are", async () => {
    const doors = Array.from({ length: 1500 }, (_each, index) => ({ name: `d${index}`, sequence: "7000,8000/udp" }));
    const rig = await startRig(doors);
    await rig.play("S7000 U8000");
    const lines = (await answers(rig, { request: "metrics" })).map((line) => metricsSchema.parse(line).metrics);
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      expect(line.endsWith("\n")).toBe(true);
      expect(line.length).toBeLessThan(LINE_BYTES_MAX / 4);
    }
    const page = lines.join("");
    expect(readingOf(page, 'knockd_openings_total{door="d0"}')).toBe(1);
    expect(readingOf(page, "knockd_capture_frames_total")).toBe(7);
    expect(readingOf(page, "knockd_capture_losses_total")).toBe(1);
    expect(page).toBe(pageOf(rig));
  });
});

describe("open", () => {
  it("opens as a knock does, and answers what the log says once the firewall has it", async () => {
    const rig = await startRig([SSH]);
    const said = await results(rig, { request: "open", door: "ssh", address: X });
    expect(said).toEqual([{ done: true, said: `${X}: ssh: OPEN SESAME` }]);
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    expect(rig.log.messages()).toEqual([`${X}: ssh: opening by hand`, `${X}: ssh: OPEN SESAME`]);
    await rig.play("+30");
    expect(rig.firewall.letThrough()).toEqual([]);
    expect(rig.log.messages().at(-1)).toBe(`${X}: ssh: closed`);
  });

  it("takes a time of its own, and extends what is open", async () => {
    const rig = await startRig([SSH]);
    await rig.play("S7000 U8000");
    const [result] = await results(rig, { request: "open", door: "ssh", address: X, forMs: 300_000 });
    expect(result?.said).toMatch(/^192\.0\.2\.7: ssh: open again until \d{4}-/);
    await rig.play("+299");
    expect(rig.firewall.letThrough()).toEqual([`ssh ${X}`]);
    await rig.play("+2");
    expect(rig.firewall.letThrough()).toEqual([]);
  });

  it("knows an address in any spelling, and gives it in one", async () => {
    const rig = await startRig([SSH]);
    const [result] = await results(rig, { request: "open", door: "ssh", address: "2001:DB8:0::7" });
    expect(result?.said).toBe("2001:db8::7: ssh: OPEN SESAME");
  });

  it("says what went wrong: the firewall, or the door's command", async () => {
    const rig = await startRig([SSH, CMD]);
    rig.firewall.openFailure = new Error("nft: no such set");
    const refused = answers(rig, { request: "open", door: "ssh", address: X });
    const failure = { code: EXIT.UNAVAILABLE, message: `${X}: ssh: not opened: nft: no such set` };
    await Promise.all([expect(refused).rejects.toMatchObject(failure), rig.play("+1")]);
    rig.firewall.openFailure = undefined;
    rig.result = { outcome: "status", status: 3, output: "" };
    expect(await results(rig, { request: "open", door: "cmd", address: X })).toEqual([
      { done: true, said: `${X}: cmd: OPEN SESAME`, problem: "cmd: command returned non-zero status code (3)" },
    ]);
  });

  it.each([
    ["shh", X, 'unknown door "shh", did you mean ssh?'],
    ["nonsense", X, 'unknown door "nonsense", expected one of ssh cmd'],
    ["ssh", "10.1", 'expected an IP address such as 192.0.2.7, got "10.1"'],
    ["ssh", "example.org", 'expected an IP address such as 192.0.2.7, got "example.org"'],
  ])("names what is wrong in %s %s", async (door, address, message) => {
    const rig = await startRig([SSH, CMD]);
    const asked = answers(rig, { request: "open", door, address });
    await expect(asked).rejects.toMatchObject({ code: EXIT.USAGE, message });
    expect(rig.log.lines).toEqual([]);
  });
});

describe("close", () => {
  it("closes ahead of its time, once, and runs the stop command", async () => {
    const rig = await startRig([SSH, CMD]);
    await rig.play("S7000 U8000 S1");
    expect(await results(rig, { request: "close", door: "ssh", address: X })).toEqual([
      { done: true, said: `${X}: ssh: closed` },
    ]);
    expect(rig.firewall.letThrough()).toEqual([]);
    await results(rig, { request: "close", door: "cmd", address: X });
    expect(rig.ran).toEqual([`start ${X}`, `stop ${X}`]);
    await rig.play("+60");
    expect(rig.ran).toHaveLength(2);
    expect(rig.log.messages()).toContain(`${X}: cmd: closing by hand`);
  });

  it("waits for an opening that is under way, and closes that", async () => {
    const rig = await startRig([CMD]);
    rig.commandMs = 1000;
    await rig.play("S1");
    const closed = results(rig, { request: "close", door: "cmd", address: X });
    await rig.play("+5");
    expect((await closed)[0]?.done).toBe(true);
    expect(rig.ran).toEqual([`start ${X}`, `stop ${X}`]);
    expect((await status(rig)).grants).toEqual([]);
  });

  it("says that nothing is open there, and knows the door", async () => {
    const rig = await startRig([SSH]);
    const close = (door: string) => answers(rig, { request: "close", door, address: X });
    await expect(close("ssh")).rejects.toMatchObject({ code: EXIT.UNAVAILABLE, message: `${X}: ssh: is not open` });
    await expect(close("shh")).rejects.toMatchObject({ code: EXIT.USAGE });
  });

  it("closes a door that a reload has taken out of the config", async () => {
    const rig = await startRig([SSH]);
    await rig.play("S7000 U8000");
    await rig.daemon.reload(config([CMD]));
    expect(await results(rig, { request: "close", door: "ssh", address: X })).toHaveLength(1);
    expect(rig.firewall.letThrough()).toEqual([]);
  });

  it("that the firewall cannot do says so", async () => {
    const rig = await startRig([SSH]);
    await rig.play("S7000 U8000");
    rig.firewall.failure = new Error("nft: gone");
    await expect(answers(rig, { request: "close", door: "ssh", address: X })).rejects.toMatchObject({
      code: EXIT.UNAVAILABLE,
      message: `${X}: ssh: the firewall could not close: nft: gone`,
    });
  });

  it("--all closes every door to everybody, and goes on where one cannot be closed", async () => {
    const rig = await startRig([SSH, CMD]);
    await rig.play("S7000 U8000 Y:S7000 Y:U8000 S1");
    expect((await results(rig, { request: "close-all" })).map(({ said }) => said)).toEqual([
      `${X}: ssh: closed`,
      "192.0.2.8: ssh: closed",
      `${X}: cmd: command timeout`,
    ]);
    expect(rig.firewall.letThrough()).toEqual([]);
    expect(await results(rig, { request: "close-all" })).toEqual([]);
    await rig.play("S7000 U8000 S1");
    rig.firewall.failure = new Error("nft: gone");
    expect((await results(rig, { request: "close-all" })).map(({ done }) => done)).toEqual([false, false]);
    expect(rig.ran.filter((text) => text.startsWith("stop"))).toHaveLength(2);
  });
});

it("reload answers what came of reading the file again", async () => {
  const rig = await startRig([SSH]);
  expect(await results(rig, { request: "reload" })).toEqual([{ done: true, said: "re-reading config file: f" }]);
});

describe("watch", () => {
  it("answers as knocks come, of the address that was asked for, until the client has gone", async () => {
    const rig = await startRig([SSH]);
    const client = new AbortController();
    const seen = requestsOf(rig).answer({ request: "watch", address: X }, client.signal);
    const first = seen.next();
    await rig.play("Y:S7000 S7000");
    expect((await first).value).toMatchObject({ event: "knock", source: X });
    const next = seen.next();
    client.abort();
    expect((await next).done).toBe(true);
  });

  it("ends at once for a client that has gone already, and leaves its seat to others", async () => {
    const rig = await startRig([SSH]);
    for (let client = 0; client < 2 * TRACERS_MAX; client++)
      expect((await requestsOf(rig).answer({ request: "watch" }, AbortSignal.abort()).next()).done).toBe(true);
  });

  it("refuses one more than there are seats, and an address that is none", async () => {
    const rig = await startRig([SSH]);
    const watch = (address?: string) =>
      requestsOf(rig).answer({ request: "watch", address }, new AbortController().signal).next();
    for (let client = 0; client < TRACERS_MAX; client++) void watch();
    await expect(watch()).rejects.toMatchObject({ code: EXIT.UNAVAILABLE });
    await expect(watch("10.1")).rejects.toMatchObject({ code: EXIT.USAGE });
  });
});

describe("status", () => {
  it("tells what is open, since when, until when, and how it was earned", async () => {
    const rig = await startRig([SSH]);
    await rig.play("S7000 U8000 +10");
    await results(rig, { request: "open", door: "ssh", address: "192.0.2.8", forMs: 60_000 });
    const nowMs = Date.now();
    const iso = (offsetS: number) => new Date(nowMs + offsetS * 1000).toISOString();
    expect((await status(rig)).grants).toEqual([
      { door: "ssh", ip: X, opened_at: iso(-10), closes_at: iso(20), earned_by: "knock" },
      { door: "ssh", ip: "192.0.2.8", opened_at: iso(0), closes_at: iso(60), earned_by: "manual" },
    ]);
  });

  it("still knows how it was earned after a SIGKILL", async () => {
    const before = await startRig([SSH]);
    await results(before, { request: "open", door: "ssh", address: X });
    const rig = new Rig(config([SSH]), before.ledger.handOn(), before.firewall.handOn());
    await rig.daemon.start();
    expect((await status(rig)).grants).toMatchObject([{ ip: X, earned_by: "manual" }]);
  });

  it("tells of attempts, captures and the firewall", async () => {
    const rig = await startRig([SSH]);
    await rig.play("S7000 +3 Y6:S7000");
    expect(await status(rig)).toMatchObject({
      version: "1.2.3",
      pid: 4711,
      config: "f",
      attempts: {
        count: 2,
        newest: [
          { door: "ssh", ip: "2001:db8::8", stage: 1, steps: 2, started_at: new Date().toISOString() },
          { door: "ssh", ip: X, stage: 1, steps: 2, started_at: new Date(Date.now() - 3000).toISOString() },
        ],
      },
      capture: [{ interface: "eth0", state: "capturing", received: 7, dropped: 2, lost: 1 }],
      firewall: { kind: "nftables", hidden: ["22/tcp"], restored_at: null },
    });
  });

  it("tells when somebody's flushing of the firewall was made good", async () => {
    const rig = await startRig([SSH]);
    await rig.play("+5");
    rig.firewall.flush();
    await rig.play("+1");
    const { firewall } = await status(rig);
    expect(Date.now() - Date.parse(firewall.restored_at ?? "")).toBe(1000);
  });

  it("comes in pieces of bounded size, however much is open", async () => {
    const rig = await startRig([{ ...SSH, sequence: "1/udp" }]);
    for (let host = 0; host < 3 * GRANTS_A_LINE; host++) rig.seeFrom(`203.0.${host >> 8}.${host & 255}`, "U1");
    await rig.play("+0");
    expect((await status(rig)).grants).toHaveLength(3 * GRANTS_A_LINE);
    for (const line of await answers(rig, { request: "status" }))
      expect(JSON.stringify(line).length).toBeLessThan(100_000);
  });
});

describe("watch", () => {
  /** All that is answered until the client goes, after these knocks. */
  async function watched(rig: Rig, address: string | undefined, play: () => Promise<void>): Promise<unknown[]> {
    const gone = new AbortController();
    const lines = answers(rig, { request: "watch", address }, gone.signal);
    await rig.play("+0");
    await play();
    gone.abort();
    return await lines;
  }

  const texts = (lines: unknown[]) =>
    lines.map((line) => watchSchema.parse(line)).map((line) => (line.event === "missed" ? line.count : line.text));

  it("answers with each knock that the daemon sees, and what came of it, an open door extended", async () => {
    const rig = await startRig([SSH]);
    const lines = await watched(rig, undefined, () => rig.play("S7000 U8000 +1 S7000 U8000"));
    expect(texts(lines)).toEqual([
      "ssh: stage 1 of 2",
      "ssh: opens",
      "ssh: stage 1 of 2",
      "ssh: is open already, extended",
    ]);
    expect(lines[2]).toMatchObject({ event: "knock", at: new Date().toISOString(), source: X, port: "7000/tcp" });
  });

  it("tells of one address alone when asked to, however it is spelled", async () => {
    const rig = await startRig([SSH]);
    const lines = await watched(rig, "2001:DB8:0::7", () => rig.play("S7000 X6:S7000"));
    expect(lines).toMatchObject([{ source: "2001:db8::7" }]);
  });

  it("tells that time ran out", async () => {
    const rig = await startRig([{ ...SSH, seq_timeout: 2 }]);
    const lines = await watched(rig, undefined, () => rig.play("S7000 +10"));
    expect(texts(lines).at(-1)).toBe("ssh: timed out at stage 1 of 2: step 2 8000/udp did not arrive within 2 s");
  });

  it("counts what is too much", async () => {
    const rig = await startRig([SSH]);
    const lines = await watched(rig, undefined, async () => {
      for (let host = 0; host < 5000; host++) rig.seeFrom(`203.0.${host >> 8}.${host & 255}`, "S7000");
      await rig.play("+1");
    });
    expect(lines).toHaveLength(101);
    expect(texts(lines).at(-1)).toBe(4900);
  });

  it("ends when the client has gone, and leaves nobody behind", async () => {
    const rig = await startRig([SSH]);
    for (let round = 0; round < 40; round++) await watched(rig, undefined, async () => {});
    expect(rig.tracers.wants(new Int32Array(4), 0)).toBe(false);
  });

  it("refuses the seventeenth, and what is no address", async () => {
    const rig = await startRig([SSH]);
    const leaves = Array.from({ length: TRACERS_MAX }, () => rig.tracers.add({ sighting: () => {}, missed: () => {} }));
    await expect(answers(rig, { request: "watch" })).rejects.toThrow("too many watch already, at most 16 at a time");
    for (const leave of leaves) leave?.();
    await expect(answers(rig, { request: "watch", address: "host" })).rejects.toThrow(/expected an IP address/);
  });
});
