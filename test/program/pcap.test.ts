// What we write as pcap, read by tcpdump.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LINKTYPE, SNAP_BYTES } from "../../src/core/capture/pcap.ts";
import { datagram, ethernet, pcap, sll, syn } from "../support/frames.ts";
import { Running } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";

const KNOCKS = [
  ethernet(syn({ from: "192.0.2.7", to: "198.51.100.1", port: 7000 })),
  ethernet(datagram({ from: "2001:db8::7", to: "2001:db8::1", port: 8000, payload: Buffer.alloc(300, 7) })),
  ethernet(syn({ from: "192.0.2.7", to: "198.51.100.1", port: 9000 }), { vlans: [42] }),
];

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

async function tcpdump(file: string): Promise<string> {
  const running = new Running(["tcpdump", "-n", "-tttt", "-r", file], { env: { ...process.env, TZ: "UTC" } });
  expect(await running.ended(), running.stderr).toBe(0);
  return running.stderr + running.stdout;
}

describe("a capture that we write", () => {
  it("is what tcpdump reads", async () => {
    const printed = await tcpdump(scratch.write("knocks.pcap", pcap(KNOCKS, LINKTYPE.ETHERNET, 1_700_000_000_123)));
    expect(printed).toContain("link-type EN10MB (Ethernet)");
    expect(printed).toContain(`snapshot length ${SNAP_BYTES}`);
    expect(printed.match(/^2023-11-14 22:13:20\.123/gm)).toHaveLength(3);
    expect(printed).toMatch(/IP 192\.0\.2\.7\.40000 > 198\.51\.100\.1\.7000: Flags \[S\]/);
    expect(printed).toMatch(/IP6 2001:db8::7\.40000 > 2001:db8::1\.8000: UDP/);
  });

  it("carries the link type", async () => {
    const cooked = pcap([sll(syn({ from: "192.0.2.7", to: "198.51.100.1", port: 7000 }))], LINKTYPE.LINUX_SLL);
    expect(await tcpdump(scratch.write("cooked.pcap", cooked))).toMatch(
      /link-type LINUX_SLL .*\n.*\.7000: Flags \[S\]/,
    );
  });
});
