// How ping is asked for one echo request, on Linux and on macOS.

import { describe, expect, it } from "vitest";
import { pingArgv } from "../../src/client/ping.ts";

describe("pingArgv", () => {
  it.each([
    ["linux", "192.0.2.1", undefined, "ping -n -c 1 -s 100 -W 1 192.0.2.1"],
    ["linux", "2001:db8::1", undefined, "ping -n -c 1 -s 100 -W 1 2001:db8::1"],
    ["linux", "192.0.2.1", "192.0.2.7", "ping -n -c 1 -s 100 -W 1 -I 192.0.2.7 192.0.2.1"],
    ["darwin", "192.0.2.1", undefined, "ping -n -c 1 -s 100 -t 1 192.0.2.1"],
    ["darwin", "192.0.2.1", "192.0.2.7", "ping -n -c 1 -s 100 -t 1 -S 192.0.2.7 192.0.2.1"],
    ["darwin", "2001:db8::1", "2001:db8::7", "ping6 -n -c 1 -s 100 -S 2001:db8::7 2001:db8::1"],
  ])("on %s to %s from %s", (platform, address, source, line) => {
    expect(pingArgv({ address, source }, 100, platform)).toEqual(line.split(" "));
  });
});
