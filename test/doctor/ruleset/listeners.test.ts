import { describe, expect, it } from "vitest";
import { listenersIn } from "../../../src/doctor/ruleset/listeners.ts";

const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const line = (local: string, state: string, remote = "00000000:0000") =>
  `${HEAD}   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 1234 1 0 100 0 0 10 0\n`;

describe("a table of sockets", () => {
  it.each([
    ["all addresses", "00000000:0016", false],
    ["one address", "0200090A:0016", false],
    ["127.0.0.1", "0100007F:0016", true],
    ["127.0.0.53", "3500007F:0016", true],
    ["all IPv6 addresses", `${"0".repeat(32)}:0016`, false],
    ["::1", "00000000000000000000000001000000:0016", true],
    ["::ffff:127.0.0.1", "0000000000000000FFFF00000100007F:0016", true],
    ["fd09::2", "000009FD000000000000000002000000:0016", false],
    ["an address that ends like loopback", "000009FD000000000000000001000000:0016", false],
  ])("tells who listens on %s", (_what, local, loopback) => {
    expect(listenersIn(line(local, "0A"), "tcp")).toEqual([{ protocol: "tcp", port: 22, loopback }]);
    expect(listenersIn(line(local, "07"), "udp")).toEqual([{ protocol: "udp", port: 22, loopback }]);
  });

  it("tells nothing of connections", () => {
    expect(listenersIn(line("0200090A:0016", "01", "0100090A:D431"), "tcp")).toEqual([]);
    expect(listenersIn(line("0200090A:0016", "01", "0100090A:D431"), "udp")).toEqual([]);
    expect(listenersIn(line("0200090A:0016", "06"), "tcp")).toEqual([]);
    expect(listenersIn("", "tcp")).toEqual([]);
  });
});
