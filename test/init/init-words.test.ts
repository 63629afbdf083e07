// What init says.

import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/core/config/config.ts";
import { parseHost } from "../../src/howto/howto-host.ts";
import { bootWarning, howToKnock, nextSteps, trialWords } from "../../src/init/init-words.ts";

function doorOf(yaml: string) {
  const parsed = parseConfig(`doors: { ${yaml} }`);
  const [door] = "config" in parsed ? parsed.config.doors : [];
  if (door === undefined) throw new Error("no door");
  return door;
}

const HOST = parseHost("server.example");
const SSH = doorOf("ssh: { sequence: [17301, 4312/udp], open: 2222 }");

describe("what init says", () => {
  it("shows the knock for both knock programs, and for nc or why that cannot", () => {
    expect(howToKnock(SSH, HOST)[0]).toBe("  knock -d 100 server.example 17301 4312:udp");
    expect(howToKnock(SSH, HOST)[1]).toContain("nc -u server.example 4312");
    expect(howToKnock(doorOf("ssh: { sequence: [17301, 100/icmp], open: 22 }"), HOST)[1]).toBe(
      "  (nc cannot: it sends no icmp, and 100/icmp is a step)",
    );
  });

  it("tells in a trial how to come in by a connection of one's own, where it is ssh", () => {
    expect(trialWords(SSH, HOST, 60)).toContain("  ssh -o ControlPath=none -p 2222 server.example");
    expect(trialWords(doorOf("ssh: { sequence: 17301, open: 22 }"), HOST, 60)).toContain(
      "  ssh -o ControlPath=none server.example",
    );
    expect(trialWords(doorOf("vpn: { sequence: 17301, open: 1194/udp }"), HOST, 60).join("\n")).not.toContain("ssh");
  });

  it("says how to start the service, with the file where that looks for it", () => {
    const usual = "/etc/knockd/knockd.yaml";
    expect(nextSteps(usual, usual, SSH, HOST, false)[1]).toMatch(/^ {2}sudo systemctl enable --now knockd +hides it/);
    expect(nextSteps("/root/new.yaml", usual, SSH, HOST, false).slice(1, 3)).toEqual([
      expect.stringMatching(
        /^ {2}sudo mv \/root\/new\.yaml \/etc\/knockd\/knockd\.yaml && sudo systemctl enable --now/,
      ),
      expect.stringMatching(/^ {2}sudo knockd doctor -c \/root\/new\.yaml /),
    ]);
  });

  it("says to restart a service that runs, to which enable --now would do nothing", () => {
    const usual = "/etc/knockd/knockd.yaml";
    expect(nextSteps(usual, usual, SSH, HOST, true)[1]).toMatch(
      /enable knockd && sudo systemctl restart knockd +hides it/,
    );
  });

  it("warns of a service that would hide at the next boot what nobody has tried", () => {
    expect(bootWarning("enabled", SSH)).toContain("it hides 2222/tcp from the next boot on");
    expect([bootWarning("disabled", SSH), bootWarning(undefined, SSH)]).toEqual([undefined, undefined]);
  });
});
