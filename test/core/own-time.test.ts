import { describe, expect, it } from "vitest";
import { ownTimeMs } from "../../src/core/own-time.ts";

describe("the time of a command's own", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    ["ipset -exist add ok %IP% timeout 4", 4],
    ["/sbin/ipset add ok %IP% timeout 300 -exist", 300],
    ["nft add element inet filter ok { %IP% timeout 1h30m }", 5400],
    ["nft 'add element inet filter ok { %IP% timeout 30s }'", 30],
    ["firewall-cmd --timeout=5m --add-rich-rule='...%IP%...'", 300],
    ["iptables -I INPUT -s %IP% -j ACCEPT; echo 'iptables -D INPUT -s %IP% -j ACCEPT' | at now + 5 minutes", 300],
    ["iptables -I INPUT -s %IP% -j ACCEPT && (sleep 30; iptables -D INPUT -s %IP% -j ACCEPT) &", 30],
  ])("%s: %d s", (shell, seconds) => {
    expect(ownTimeMs({ shell })).toBe(seconds * 1000);
  });

  it.each(["ipset add ok %IP%", "ipset add ok %IP% timeout 0", "curl --timeout 5 x", "sleep 5; /x", "timeout 5 /x"])(
    "%s has none",
    (shell) => {
      expect(ownTimeMs({ shell })).toBeUndefined();
    },
  );

  it("is found in a list, too; no command has none", () => {
    expect(ownTimeMs({ argv: ["ipset", "-exist", "add", "ok", "%IP%", "timeout", "9"] })).toBe(9000);
    expect(ownTimeMs(undefined)).toBeUndefined();
  });
});
