// What the lines say. That they work is shown in test/system/spa-nat.test.ts.
import { describe, expect, it } from "vitest";
import { parseHost } from "../../src/howto/howto-host.ts";
import { showPackets } from "../../src/howto/howto-packets.ts";
import { configOf } from "../support/doors.ts";

function shown(door: string, rule = "", { host = "192.0.2.7", options = "" } = {}): string[] {
  const { doors, keys, spaPort } = configOf(`
options: { ${options} }
keys:
  alice: { file: /a, doors: [d], ${rule} }
doors:
  d: { spa: true, ${door} }
  other: { sequence: "7000,8200,7600", spa: true, open: 99/tcp }
`);
  return doors
    .flatMap((each) => showPackets(each, keys, parseHost(host), spaPort))
    .map((each) => `${each.tool}: ${"line" in each ? each.line : `cannot, ${each.cannot}`}`);
}
const PLAIN = "open: [22/tcp, 53/udp]";

describe("the lines that show a signed packet", () => {
  it("are fwknop's and ours, for each key that opens the door, and for no other door", () => {
    expect(shown(PLAIN)).toEqual([
      "fwknop, key alice: fwknop -n alice -A tcp/22,udp/53 -a ADDRESS -D 192.0.2.7 --use-hmac",
      "knock (ours), key alice: knock --spa alice",
    ]);
  });

  it.each([
    ["source: sender", {}, "-A tcp/22,udp/53 -s -D 192.0.2.7 --use-hmac"],
    ["", { options: "spa_port: 4711" }, "-A tcp/22,udp/53 -a ADDRESS -D 192.0.2.7 -p 4711 --use-hmac"],
    ["hmac: sha3-512", {}, "-A tcp/22,udp/53 -a ADDRESS -D 192.0.2.7 --use-hmac --hmac-digest-type sha3_512"],
    ["mode: ctr", {}, "-A tcp/22,udp/53 -a ADDRESS -D 192.0.2.7 --use-hmac -M ctr"],
    ["legacy: [no-hmac, legacy-iv]", {}, "-A tcp/22,udp/53 -a ADDRESS -D 192.0.2.7 -M legacy"],
    ["", { host: "home.example" }, "-A tcp/22,udp/53 -a ADDRESS -D home.example --use-hmac"],
  ])("say what a key with %j and %j needs of fwknop", (rule, how, line) => {
    expect(shown(PLAIN, rule, how)[0]).toBe(`fwknop, key alice: fwknop -n alice ${line}`);
  });

  it("name the host behind, where the door lets a packet name it", () => {
    const gate = "open: [53/udp, {port: 2222/tcp, to: 192.168.1.10:22}]";
    expect(shown(`nat: true, ${gate}`)[0]).toContain(
      " -A tcp/2222 -a ADDRESS -D 192.0.2.7 -N 192.168.1.10:22 --use-hmac",
    );
    expect(shown(gate)[0]).toContain(" -A udp/53,tcp/2222 -a ADDRESS -D 192.0.2.7 --use-hmac");
  });

  it("say what a client cannot", () => {
    expect(shown(PLAIN, "", { host: "2001:db8::7" })[0]).toBe("fwknop, key alice: cannot, it knows no IPv6");
    expect(shown(PLAIN, "hmac: sha512")[1]).toBe(
      "knock (ours), key alice: cannot, it signs with sha256, and this key wants sha512",
    );
    expect(shown(PLAIN, "mode: ofb")[1]).toContain("cannot, it enciphers in cbc, and this key wants ofb");
    expect(shown(PLAIN, "legacy: [no-hmac]")[1]).toContain("cannot, it signs what it sends");
  });
});
