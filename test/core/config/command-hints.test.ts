import { describe, expect, it } from "vitest";
import { commandHints } from "../../../src/core/config/command-hints.ts";
import { reachHints } from "../../../src/core/config/reach-hints.ts";
import { type DoorOptions, door } from "../../support/doors.ts";

function said(options: DoorOptions): string[] {
  const each = door({ name: "a", sequence: "7001,8002,9003", ...options });
  return [...reachHints(each), ...commandHints(each)].map((text) => text.replace("doors.a.", ""));
}

const V4 =
  'start_command: takes no IPv6 address, so it fails for IPv6 knockers: set start_command_6, "" if nothing shall run';

describe("flags", () => {
  it.each(["syn,ack", "fin", "rst", "psh,ack", "!syn", "fin,urg,!ack"])(
    "%s are sent first by no client, and that is said",
    (tcpflags) => {
      expect(said({ tcpflags })[0]).toMatch(/^tcpflags: no client begins a connection with /);
    },
  );

  it.each(["syn", "syn,!ack", "any", "!rst", "!fin,!urg"])("%s are fine", (tcpflags) => {
    expect(said({ tcpflags })).toEqual([]);
  });

  it("do not matter to a sequence without tcp", () => {
    expect(said({ sequence: "7000/udp,100/icmp,9000/udp", tcpflags: "fin" })).toEqual([]);
  });
});

describe("a target", () => {
  it.each(["127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "ff02::1"])(
    "%s is where no knock comes to",
    (target) => {
      expect(said({ target })).toEqual([`target: no knock from outside goes to ${target}`]);
    },
  );

  it("of one family and a set of the other open nothing", () => {
    expect(said({ target: "2001:db8::1", set: "inet filter ok" })).toEqual([
      "target: only IPv6 knocks go there, and the door's set is for IPv4",
    ]);
    expect(said({ target: "192.0.2.1", set: "inet filter ok" })).toEqual([]);
  });

  it("of one family and a command for the other run nothing", () => {
    const commands = { start_command: "", start_command_6: "/x %IP%" };
    expect(said({ target: "192.0.2.1", ...commands })).toEqual([
      "target: only IPv4 knocks go there, and the door's start_command is for IPv6",
    ]);
    expect(said({ target: "2001:db8::1", ...commands })).toEqual([]);
  });
});

describe("a command for one family of addresses", () => {
  it.each([
    "iptables -I INPUT -s %IP% -p tcp --dport 22 -j ACCEPT",
    "sudo /usr/sbin/iptables -A INPUT -s %IP% -j ACCEPT",
    "nft add rule ip filter input ip saddr %IP% accept",
    "nft add element ip filter ok { %IP% }",
    'firewall-cmd --add-rich-rule=\'rule family="ipv4" source address="%IP%" accept\'',
  ])("%s", (start_command) => {
    expect(said({ start_command })).toEqual([V4]);
    expect(said({ start_command, start_command_6: "" })).toEqual([]);
    expect(said({ start_command, target: "192.0.2.1" })).toEqual([]);
  });

  it.each([
    "iptables -L",
    "/opt/open.sh %IP%",
    "nft add element inet filter ok { %IP% }",
    "ufw allow from %IP% to any port 22",
    "iptables -I INPUT -s %IP% -j ACCEPT || ip6tables -I INPUT -s %IP% -j ACCEPT",
  ])("is not %s", (start_command) => {
    expect(said({ start_command })).toEqual([]);
  });

  it("of IPv6 alone fails for the others", () => {
    expect(said({ start_command: "ip6tables -I INPUT -s %IP% -j ACCEPT" })[0]).toMatch(/takes no IPv4 address/);
  });
});

describe("words that are not replaced", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    ["/x %ip%", "start_command: %ip% is left as it is, did you mean %IP%?"],
    ["/x %Ip%", "start_command: %Ip% is left as it is, did you mean %IP%?"],
    ["/x %SRC% now", "start_command: %SRC% is left as it is, did you mean %IP%?"],
    ["/x %IP", "start_command: %IP is left as it is, did you mean %IP%?"],
    ["/x <IP>", "start_command: <IP> is left as it is, did you mean %IP%?"],
    ["/x $IP", "start_command: $IP is empty, did you mean %IP%, or $KNOCKD_IP in a script?"],
    ["/x $SRC", "start_command: $SRC is empty, did you mean %IP%, or $KNOCKD_IP in a script?"],
    ["iptables -I INPUT -s %IP% -p tcp --dport $SSH_PORT -j ACCEPT", "start_command: $SSH_PORT is empty, nothing sets it"],
    ["/x $MY_SEQ $CFG", "start_command: $CFG is empty, nothing sets it"],
  ])("%s: %s", (start_command, hint) => {
    expect(said({ start_command })).toContain(hint);
  });

  it.each([
    "for p in 1 2; do echo $p; done",
    "awk '{ print $NF }' /x",
    "n=1; echo $n",
    "echo $(date) $? $1",
    "echo $PATH",
  ])("are none that the shell sets or nobody expands: %s", (start_command) =>
    expect(said({ start_command })).toEqual([]),
  );

  it.each(["/x %IP%", "date +%F%T >&2; /x %IP%", "IP=%IP%; /x $IP", "echo 50% of %IP%", "/x $KNOCKD_IP"])(
    "are none in %s",
    (start_command) => {
      expect(said({ start_command })).toEqual([]);
    },
  );
});

describe("a command that takes its time", () => {
  it.each(["iptables -F; sleep 120; iptables -X", "/x; sleep 2m", "sleep 30; /x; sleep 30"])(
    "is ended before: %s",
    (start_command) => {
      expect(said({ start_command }).join()).toMatch(/start_command: sleeps \d+ s, but is ended after 60 s/);
    },
  );

  it.each(["sleep 5; /x", "(sleep 120; /x) &", "sleep 120 && /x &"])("is not: %s", (start_command) => {
    expect(said({ start_command }).filter((text) => text.includes("sleeps"))).toEqual([]);
  });

  it("of its own and of the door should be equal", () => {
    const commands = { start_command: "ipset -exist add ok %IP% timeout 4", stop_command: "ipset -exist del ok %IP%" };
    expect(said({ ...commands, cmd_timeout: 10 })).toEqual([
      "start_command: ends by itself after 4 s, and the door after 10 s: let both be equal",
    ]);
    expect(said({ ...commands, cmd_timeout: 4 })).toEqual([]);
  });
});

describe("a list, which runs without a shell", () => {
  it.each(["&&", ";", "|", ">>", "2>&1", "&"])("gives %s to the program", (sign) => {
    expect(said({ start_command: ["/x", "%IP%", sign, "/y"] })).toEqual([
      expect.stringContaining(`start_command: ${sign} is a word like any other in a list`),
    ]);
    expect(said({ start_command: `/x %IP% ${sign} /y` })).toEqual([]);
  });

  it.each(["a&&b", ">x", "a;b", "a > b"])("may well mean %j", (word) => {
    expect(said({ start_command: ["/x", "%IP%", word] })).toEqual([]);
  });
});
