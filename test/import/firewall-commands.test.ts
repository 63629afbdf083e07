import { describe, expect, it } from "vitest";
import { formatPort } from "../../src/core/port.ts";
import { readRules } from "../../src/import/firewall-commands.ts";

/** `add 22/tcp`, `delete inet filter s`; `no` if it is not known. */
function read(command: string): string {
  const rules = readRules(command);
  if (rules === undefined) return "no";
  return rules
    .map((rule) => `${rule.does} ${"opens" in rule ? rule.opens.map(formatPort).join(" ") : rule.set}`)
    .join(", ");
}

describe("a command of a tutorial", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    ["/sbin/iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT", "add 22/tcp"],
    ["/usr/sbin/iptables -I INPUT 1 -s %IP% -p tcp --dport 22 -j ACCEPT", "add 22/tcp"],
    ["iptables -w 5 -I INPUT -p tcp --dport 22 -s %IP%/32 -j ACCEPT", "add 22/tcp"],
    ["iptables-legacy --insert INPUT --source %IP% --protocol UDP --destination-port 1194 --jump ACCEPT --wait", "add 1194/udp"],
    ["iptables -t filter -D INPUT -s %IP% -p tcp -m tcp --dport 22 -j ACCEPT", "delete 22/tcp"],
    ["ip6tables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT", "add 22/tcp"],
    ["iptables -A INPUT -s %IP% -p tcp -m state --state NEW,ESTABLISHED --dport 22 -j ACCEPT", "add 22/tcp"],
    ["iptables -A INPUT -s %IP% -p tcp -m multiport --dports 80,443 -m comment --comment 'a b' -j ACCEPT", "add 80/tcp 443/tcp"],
    ["iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT # why", "add 22/tcp"],
    ["sudo iptables -A INPUT -s %IP% -p tcp --dport 1 -j ACCEPT && iptables -A INPUT -s %IP% -p udp --dport 2 -j ACCEPT;", "add 1/tcp, add 2/udp"],
    ["ufw allow from %IP% to any port 22", "add 22/tcp"],
    ["ufw allow from %IP% to any port ssh", "add 22/tcp"],
    ["ufw allow from %IP% to any port 443", "add 443/tcp 443/udp"],
    ["ufw allow from %IP% to any port 1194", "add 1194/tcp 1194/udp"],
    ["iptables -A INPUT -s %IP% -p tcp --dport ssh -j ACCEPT", "add 22/tcp"],
    ["iptables -A INPUT -s %IP% -p tcp -m multiport --dports http,https -j ACCEPT", "add 80/tcp 443/tcp"],
    ["iptables -A INPUT -s %IP% -p udp --dport openvpn -j ACCEPT", "add 1194/udp"],
    ["ufw allow from %IP% to any port 22 proto tcp", "add 22/tcp"],
    ["/usr/sbin/ufw insert 1 allow proto tcp from %IP% to any port 80,443 comment 'a'", "add 80/tcp 443/tcp"],
    ["ufw --force delete allow from %IP% to any port 22 proto tcp", "delete 22/tcp"],
    ["nft add element inet filter s { %IP% }", "add inet filter s"],
    ["nft add element filter s '{ %IP% timeout 30s }'", "add ip filter s"],
    ["/usr/sbin/nft 'delete element ip6 f s { %IP% }'", "delete ip6 f s"],
    ["nft add element inet filter s \\{ %IP% \\}", "add inet filter s"],
    ["ipset add s %IP% timeout 30 -exist", "add s"],
    ["/sbin/ipset -D s %IP%", "delete s"],
  ])("%s: %s", (command, known) => {
    expect(read(command)).toBe(known);
  });

  it.each([
    "iptables -A INPUT -s %IP% -j ACCEPT",
    "iptables -A INPUT -p tcp --dport 22 -j ACCEPT",
    "iptables -A INPUT -s %IP%/24 -p tcp --dport 22 -j ACCEPT",
    "iptables -A INPUT -s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT",
    "iptables -A INPUT ! -s %IP% -p tcp --dport 22 -j ACCEPT",
    "iptables -A INPUT -s %IP% --dport 22 -j ACCEPT",
    "iptables -A INPUT -s %IP% -p all --dport 22 -j ACCEPT",
    "iptables -A INPUT -s %IP% -p tcp --dport 22 -j DROP",
    "iptables -A FORWARD -s %IP% -p tcp --dport 22 -j ACCEPT",
    "iptables -A INPUT -i eth0 -s %IP% -p tcp --dport 22 -j ACCEPT",
    "iptables -A INPUT -s %IP% -d 10.0.0.5 -p tcp --dport 22 -j ACCEPT",
    "iptables -t nat -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT",
    "iptables -A INPUT -s %IP% -p tcp --dport 22:25 -j ACCEPT",
    "iptables -A INPUT -s %IP% -p tcp --dport sssh -j ACCEPT",
    "iptables -A INPUT -s %IP% -p tcp --dport 0 -j ACCEPT",
    "iptables -A INPUT -s %IP% -p tcp -m state --state ESTABLISHED --dport 22 -j ACCEPT",
    "iptables -A INPUT -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT",
    "iptables -F",
    "iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT | logger",
    "iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT & sleep 5",
    "iptables -A INPUT -s %IP% -p tcp --dport $PORT -j ACCEPT",
    "iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT > /dev/null",
    "iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT; reboot",
    "iptables -A INPUT -s %IP% -p tcp --dport '22 -j ACCEPT",
    "sh -c 'iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT'",
    "ufw allow 22/tcp",
    "ufw allow ssh",
    "ufw deny from %IP% to any port 22",
    "ufw allow from %IP%",
    "ufw allow from %IP% to any port 22:25 proto tcp",
    "ufw allow from %IP% to any app OpenSSH",
    "nft add rule inet filter input ip saddr %IP% tcp dport 22 accept",
    "nft add element inet filter s { 10.0.0.1 }",
    "ipset add s 10.0.0.1",
    "ipset flush s",
    "/opt/iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT",
    "",
    ";",
    "# nothing",
  ])("%s is left alone", (command) => {
    expect(read(command)).toBe("no");
  });

  it("of more rules than a person writes is left alone", () => {
    const rule = "ufw allow from %IP% to any port 22;";
    expect(read(rule.repeat(16))).not.toBe("no");
    expect(read(rule.repeat(17))).toBe("no");
  });
});
