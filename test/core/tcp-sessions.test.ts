// Lines as Linux writes them on a little-endian machine (proc(5)); on a big-endian one its words read as the addresses do.
import { describe, expect, it } from "vitest";
import { tcpSessionsIn } from "../../src/core/tcp-sessions.ts";

const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
/** `0A090002` -> what this machine writes. */
const word = (hex: string) => (isLittle ? (hex.match(/../g) ?? []).reverse().join("") : hex);
const line = (local: string, remote: string, state: string, number = 0) =>
  `   ${number}: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 1234 1 0000 20 4 30 10 -1\n`;
const SSH = new Set([22]);

describe("the sessions in /proc/net/tcp", () => {
  const HERE = `${word("0A090002")}:0016`;
  const CLIENT = `${word("C0000207")}:9C41`;

  it("are those at the wanted ports, from established to closing", () => {
    const states = ["01", "02", "03", "04", "05", "06", "07", "08", "09", "0A", "0B", "0C"];
    const table = states.map((state, at) =>
      line(HERE, `${word("C0000207")}:${(40_000 + at).toString(16).toUpperCase()}`, state),
    );
    const ports = tcpSessionsIn(`  sl  local_address rem_address   st\n${table.join("")}`, SSH).map(
      (each) => each.remotePort,
    );
    expect(ports).toEqual([40_000, 40_003, 40_004, 40_007, 40_008, 40_010]);
    expect(tcpSessionsIn(line(HERE, CLIENT, "01"), new Set([80]))).toEqual([]);
  });

  it("have both ends, as a packet that comes in shows them", () => {
    const [session] = tcpSessionsIn(line(HERE, CLIENT, "01"), SSH);
    expect(session).toEqual({ family: 4, remote: "192.0.2.7", remotePort: 40_001, local: "10.9.0.2", localPort: 22 });
  });

  it("are of IPv6, or of IPv4 at a socket for both families", () => {
    const six = ["20010DB8", "00000000", "00000000", "00000007"].map(word).join("");
    const here = ["FD090000", "00000000", "00000000", "00000002"].map(word).join("");
    const mapped = (address: string) => ["00000000", "00000000", "0000FFFF", address].map(word).join("");
    const table =
      line(`${here}:0016`, `${six}:9C41`, "01") +
      line(`${mapped("0A090002")}:0016`, `${mapped("C0000207")}:9C42`, "01");
    expect(tcpSessionsIn(table, SSH)).toEqual([
      { family: 6, remote: "2001:db8::7", remotePort: 40_001, local: "fd09::2", localPort: 22 },
      { family: 4, remote: "192.0.2.7", remotePort: 40_002, local: "10.9.0.2", localPort: 22 },
    ]);
  });

  it("are none in what is no such table", () => {
    for (const text of ["", "garbage", "  0: 00:0016 00:9C41 01 \n"]) expect(tcpSessionsIn(text, SSH)).toEqual([]);
  });
});
