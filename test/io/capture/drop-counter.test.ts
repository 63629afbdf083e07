import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DropCounter } from "../../../src/io/capture/drop-counter.ts";
import type { Sniffer } from "../../../src/io/capture/sniffer.ts";

const LONG_AGO_MS = -10_000;
const said = (dropped: number) =>
  `tcpdump: 5 packets captured, 9 packets received by filter, ${dropped} packet${dropped === 1 ? "" : "s"} dropped by kernel\n`;

/** Answers when it is asked, as tcpdump does, or not at all. */
function sniffer(tellDropped?: () => void): Sniffer {
  const common = { onWords: () => {}, onEnd: () => {}, read: () => {}, end: () => {} };
  return tellDropped === undefined ? common : { ...common, tellDropped };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the counter of dropped packets", () => {
  it("asks, and has the answer", async () => {
    const drops = new DropCounter();
    const hear = drops.follow();
    let words = "tcpdump: listening on eth0\n";
    const telling = (dropped: number) =>
      sniffer(() => {
        words += said(dropped);
        hear(words);
      });
    expect(await drops.read(telling(3), LONG_AGO_MS)).toBe(3);
    expect(await drops.read(telling(10), LONG_AGO_MS)).toBe(10);
  });

  it("adds up what one sniffer after the other has counted, the last words of each included", async () => {
    const drops = new DropCounter();
    const first = drops.follow();
    first(said(3));
    const second = drops.follow();
    second(said(1));
    first(`${said(3)}9 packets received by filter\n4 packets dropped by kernel\n`);
    expect(await drops.read(undefined, LONG_AGO_MS)).toBe(5);
  });

  it("does not know before anybody has told, and does not make it up", async () => {
    const drops = new DropCounter();
    drops.follow()("tcpdump: listening on eth0\n");
    expect(await drops.read(sniffer(), LONG_AGO_MS)).toBeUndefined();
  });

  it("does not ask who has only just begun, and would end by it", async () => {
    const ask = vi.fn();
    expect(await new DropCounter().read(sniffer(ask), performance.now())).toBeUndefined();
    expect(ask).not.toHaveBeenCalled();
  });

  it("does not wait for long, and tells all who wait", async () => {
    const drops = new DropCounter();
    const hear = drops.follow();
    const silent = sniffer(() => {});
    const late = drops.read(silent, LONG_AGO_MS);
    await vi.advanceTimersByTimeAsync(300);
    expect(await late).toBeUndefined();
    const both = Promise.all([drops.read(silent, LONG_AGO_MS), drops.read(silent, LONG_AGO_MS)]);
    hear(said(1));
    expect(await both).toEqual([1, 1]);
  });
});
