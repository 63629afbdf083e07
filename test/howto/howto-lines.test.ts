// What the lines say. That they work is shown in test/system/howto.test.ts.
import { describe, expect, it } from "vitest";
import { parseHost } from "../../src/howto/howto-host.ts";
import { type Shown, showKnocks } from "../../src/howto/howto-lines.ts";
import { type DoorOptions, door } from "../support/doors.ts";

function shownFor(options: DoorOptions, host = "192.0.2.7"): Map<string, Shown> {
  const made = door(options);
  return new Map(showKnocks(made, made.sequence, parseHost(host)).map((shown) => [shown.tool, shown]));
}

function lineOf(tool: string, options: DoorOptions, host?: string): string {
  const shown = shownFor(options, host).get(tool);
  if (shown === undefined || !("line" in shown)) throw new Error(`no line: ${JSON.stringify(shown)}`);
  return shown.line;
}

function reasonsOf(options: DoorOptions): Record<string, string> {
  const all = [...shownFor(options).values()];
  return Object.fromEntries(all.flatMap((shown) => ("cannot" in shown ? [[shown.tool, shown.cannot]] : [])));
}

describe("the lines that show a knock", () => {
  it("are made by every tool for steps of tcp and udp, but by ping", () => {
    expect(reasonsOf({ sequence: "7000,8000/udp" })).toEqual({ ping: "it sends no tcp, and 7000/tcp is a step" });
  });

  it("are refused where a tool has no echo requests", () => {
    expect(reasonsOf({ sequence: "100/icmp" })).toEqual({
      "knock (of Debian's knockd)": "it sends no icmp, and 100/icmp is a step",
      nc: "it sends no icmp, and 100/icmp is a step",
      Python: "it sends no icmp, and 100/icmp is a step",
    });
    expect(reasonsOf({ sequence: "1400/icmp" })).not.toHaveProperty("nmap (as root)");
    expect(reasonsOf({ sequence: "1401/icmp" })).toMatchObject({
      "nmap (as root)": "it sends 1400 bytes at most, and 1401/icmp is a step",
    });
  });

  it("are refused by all but nmap where an ordinary SYN will not do", () => {
    const reason = "it begins ordinary connections, which this door's tcpflags do not take for 7000/tcp";
    const refused = [
      "knock (ours)",
      "knock (of Debian's knockd)",
      "nc",
      "bash (and ping for icmp)",
      "Python",
      "PowerShell",
    ];
    const reasons = reasonsOf({ sequence: "9000/udp,7000", tcpflags: "fin,!syn" });
    for (const tool of refused) expect(reasons[tool]).toBe(reason);
    expect(reasons).not.toHaveProperty("nmap (as root)");
    expect(lineOf("nmap (as root)", { sequence: "7000", tcpflags: "fin,psh,urg" })).toContain(" -sS --scanflags 41 ");
  });

  it.each(["any", "syn", "syn,!ack", "!ack", "!fin,!rst"])("know that a SYN passes %s", (tcpflags) => {
    expect(Object.keys(reasonsOf({ tcpflags }))).toEqual(["ping"]);
    expect(lineOf("nmap (as root)", { tcpflags })).not.toContain("scanflags");
  });

  it.each(["ack", "!syn", "syn,ack", "syn,fin"])("know that a SYN does not pass %s", (tcpflags) => {
    expect(Object.keys(reasonsOf({ tcpflags }))).toContain("nc");
    expect(Object.keys(reasonsOf({ tcpflags, sequence: "7000/udp" }))).not.toContain("nc");
  });

  it("are refused by nmap where it is too slow", () => {
    const sequence = "7001,7003,7005,7007,7009";
    expect(reasonsOf({ sequence, seq_timeout: 4 })).not.toHaveProperty("nmap (as root)");
    expect(reasonsOf({ sequence, seq_timeout: 3 })).toMatchObject({
      "nmap (as root)": "it is too slow for 5 steps within 3 s",
    });
  });

  it("wait no longer than the door does, and for a name a little longer than for an address", () => {
    expect(lineOf("nc", {})).toMatch(/^timeout 0\.3 nc -n 192\.0\.2\.7 7000 /);
    expect(lineOf("nc", {}, "server")).toMatch(/^timeout 0\.9 nc server 7000 /);
    expect(lineOf("nc", { seq_timeout: 1 }, "server")).toMatch(/^timeout 0\.166 nc server 7000 /);
    expect(lineOf("knock (ours)", {})).toBe("knock -d 100 192.0.2.7 7000 8000 9000");
    expect(lineOf("knock (ours)", { seq_timeout: 0.1 })).toBe("knock -d 16 192.0.2.7 7000 8000 9000");
  });

  it("say which family nmap is to use", () => {
    expect(lineOf("nmap (as root)", {}, "fd09::2")).toMatch(/^nmap -6 -n /);
    expect(lineOf("nmap (as root)", {}, "server")).toMatch(/^nmap -n /);
  });

  it("are one line each, even of 32 steps", () => {
    const sequence = Array.from({ length: 32 }, (_, index) => 7000 + 2 * index).join(",");
    for (const shown of shownFor({ sequence, seq_timeout: 60 }).values())
      if ("line" in shown) expect(shown.line).not.toContain("\n");
  });

  it("are these for PowerShell", () => {
    expect(lineOf("PowerShell", { sequence: "7000,8000/udp,100/icmp" }, "server").split("; ")).toEqual([
      "$a=[Net.Dns]::GetHostAddresses('server')[0]",
      "$s=New-Object Net.Sockets.Socket($a.AddressFamily,'Stream','Tcp')",
      "[void]$s.BeginConnect($a,7000,$null,$null)",
      "Start-Sleep -Milliseconds 100",
      "$s.Close()",
      "$s=New-Object Net.Sockets.Socket($a.AddressFamily,'Dgram','Udp')",
      "[void]$s.SendTo([byte[]](46),(New-Object Net.IPEndPoint($a,8000)))",
      "Start-Sleep -Milliseconds 100",
      "$s.Close()",
      "[void](New-Object Net.NetworkInformation.Ping).Send($a,900,(New-Object byte[] 100))",
    ]);
  });
});
