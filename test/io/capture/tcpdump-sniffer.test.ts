import { readdirSync } from "node:fs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { sniffWithTcpdump } from "../../../src/io/capture/tcpdump-sniffer.ts";
import { Scratch } from "../../support/scratch.ts";

const scratch = new Scratch();
beforeEach(() => {
  scratch.make();
  vi.stubEnv("TMPDIR", scratch.path);
  vi.stubEnv("KNOCKD_SNIFFER_SOCKET", undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  scratch.remove();
});

it("a tcpdump that cannot even be spawned leaves no pipe", () => {
  const order = { interface: "eth0\0", filter: "tcp port 7000", snapBytes: 128 };
  expect(() => sniffWithTcpdump(order)).toThrow("null bytes");
  expect(readdirSync(scratch.path)).toEqual([]);
});
