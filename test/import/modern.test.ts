import { describe, expect, it } from "vitest";
import { formatPort } from "../../src/core/port.ts";
import { importKnockd } from "../../src/import/knockd-import.ts";
import { configOf } from "../support/doors.ts";

function modern(text: string) {
  const result = importKnockd(new TextEncoder().encode(text), { file: "knockd.conf", modern: true });
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  const { firewall, doors } = configOf(result.yaml);
  return { yaml: result.yaml, said: result.notes.map(({ line, message }) => `${line}: ${message}`), firewall, doors };
}

/** What becomes of a door with these lines: what it opens, for how long, and its commands. */
function door(...lines: string[]) {
  const { doors, firewall, said } = modern(`[a]\nsequence = 1,2,3\ntcpflags = syn\n${lines.join("\n")}\n`);
  const [only] = doors;
  return {
    open: only?.open.map(formatPort),
    sets: only?.sets,
    forMs: only?.grantMs,
    runs: only?.commands,
    firewall,
    said,
  };
}

const add = (port: number, tool = "iptables") => `${tool} -I INPUT -s %IP% -p tcp --dport ${port} -j ACCEPT`;
const remove = (port: number, tool = "iptables") => `${tool} -D INPUT -s %IP% -p tcp --dport ${port} -j ACCEPT`;
const KEPT = {
  open: [],
  firewall: "nftables",
  said: ["1: door a: keeps its commands, they do more than open ports for %IP%"],
};

describe("--modern", () => {
  it("opens what a pair of commands opened, for the same time, in the firewall that they used", () => {
    expect(door(`command = ${add(22)}`, `stop_command = ${remove(22)}`, "cmd_timeout = 30")).toEqual({
      open: ["22/tcp"],
      sets: {},
      forMs: 30_000,
      runs: { 4: {}, 6: {} },
      firewall: "iptables",
      said: ["0: firewall: iptables, since the old commands were made for its rules"],
    });
    expect(door(`command = ${add(22)}`, `stop_command = ${remove(22)}`).forMs).toBe(10_000);
  });

  it("ends what nothing ended, and says so", () => {
    const { open, forMs, said } = door(`command = ${add(22)}`);
    expect({ open, forMs }).toEqual({ open: ["22/tcp"], forMs: 3_600_000 });
    expect(said).toContain("1: door a: knockd left it open for ever, now it closes by itself after 1h");
  });

  it("makes one door of commands for both families", () => {
    const both = [`command = ${add(22)}`, `stop_command = ${remove(22)}`];
    const six = [`command_6 = ${add(22, "ip6tables")}`, `stop_command_6 = ${remove(22, "ip6tables")}`];
    expect(door(...both, ...six).open).toEqual(["22/tcp"]);
  });

  it.each([
    ["the stop command takes back something else", [`command = ${add(22)}`, `stop_command = ${remove(23)}`]],
    ["the stop command does more", [`command = ${add(22)}`, `stop_command = ${remove(22)} && reboot`]],
    ["it opens when it stops", [`command = ${remove(22)}`, `stop_command = ${add(22)}`]],
    ["IPv6 knockers get nothing", [`command = ${add(22)}`, "command_6 ="]],
    ["IPv6 knockers get another port", [`command = ${add(22)}`, `command_6 = ${add(80, "ip6tables")}`]],
    ["it works for IPv6 knockers alone", [`command = ${add(22, "ip6tables")}`]],
    ["it ends for IPv6 knockers alone", [`command = ${add(22)}`, `stop_command_6 = ${remove(22, "ip6tables")}`]],
    ["the port is a step of its own sequence", [`command = ${add(2)}`]],
    ["it closes what no door opens", [`command = ${remove(22)}`]],
    ["the set has a name that is none here", ["command = ipset add a:b %IP%"]],
    ["the timeout is for ever", ["command = ipset add s %IP% timeout 0"]],
  ])("leaves a door alone of which %s", (_why, lines) => {
    // Whatever else is to be said of such a command.
    expect(door(...lines)).toMatchObject({ ...KEPT, said: expect.arrayContaining(KEPT.said) });
  });

  it("puts the knocker into the set that the commands used", () => {
    const nft = door("command = nft add element inet f s { %IP% timeout 5m }");
    expect(nft).toMatchObject({ open: [], sets: { 4: "inet f s" }, forMs: 300_000, firewall: "nftables" });
    expect(nft.said).toEqual(['1: door a: the set "inet f s" must take a timeout for each element']);
    const ipset = door("command = ipset add s %IP%", "stop_command = ipset del s %IP%", "cmd_timeout = 7");
    expect(ipset).toMatchObject({ sets: { 4: "s" }, forMs: 7000, firewall: "iptables" });
    const six = "command_6 = nft add element ip6 f s6 { %IP% }";
    expect(door("command = nft add element ip f s4 { %IP% }", six).sets).toEqual({ 4: "ip f s4", 6: "ip6 f s6" });
    expect(door("command = nft add element ip6 f s4 { %IP% }")).toMatchObject(KEPT);
  });

  it("has one firewall for all: with iptables rules, a set of nftables is left to its commands", () => {
    const { firewall, doors, said } = modern(
      `[a]\nsequence=1,2,3\ncommand=${add(22)}\n[b]\nsequence=4,5,6\ncommand=nft add element inet f s { %IP% }\n`,
    );
    expect(firewall).toBe("iptables");
    expect(doors[1]?.commands[4].start).toEqual({ shell: "nft add element inet f s { %IP% }" });
    expect(said).toContain("4: door b: keeps its commands, a set of nftables is no set of iptables");
  });

  it("closes by knocking, through knockd, what another door opened", () => {
    const { doors, said } = modern(
      `[open it]\nsequence=1,2,3\ncommand=${add(22)}\n[shut]\nsequence=3,2,1\ncommand=${remove(22)}\n`,
    );
    expect(doors[1]?.commands[4].start).toEqual({ argv: ["knockd", "close", "open-it", "%IP%"] });
    expect(said).toContain("4: door shut: closes door open-it through knockd now");
  });

  it("does not make a door of one that nobody could open", () => {
    const { yaml, doors } = modern(`[a]\nsequence=1,\ncommand=${add(22)}\n`);
    expect(doors).toEqual([]);
    expect(yaml).toContain(`#  start_command: ${add(22)}\n`);
  });

  it("carries the comments of the commands over", () => {
    const { yaml } = modern(
      `[a]\n# one\nsequence=1,2,3\n# two\ncommand=${add(22)}\n# three\nstop_command=${remove(22)}\n# four\ntcpflags=syn\n`,
    );
    expect(yaml).toContain(
      "    # one\n    sequence: [1/tcp, 2/tcp, 3/tcp]\n    # two\n    # three\n    open: 22/tcp\n    for: 10\n    # four\n    tcpflags: syn\n",
    );
  });
});
