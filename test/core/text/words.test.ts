import { describe, expect, it } from "vitest";
import { commandText, reasonOf, words } from "../../../src/core/text/words.ts";

describe("the words of the log", () => {
  // fail2ban rules and habits match them.
  it.each([
    [words.listening("eth0"), "starting up, listening on eth0"],
    [words.stage("192.0.2.7", "ssh", 2), "192.0.2.7: ssh: Stage 2"],
    [words.opened("192.0.2.7", "ssh"), "192.0.2.7: ssh: OPEN SESAME"],
    [words.extended("192.0.2.7", "ssh", "12:00"), "192.0.2.7: ssh: open again until 12:00"],
    [words.command("ssh", "true"), "ssh: running command: true"],
    [words.commandStatus("ssh", 3), "ssh: command returned non-zero status code (3)"],
    [words.closed("192.0.2.7", "ssh"), "192.0.2.7: ssh: closed"],
    [words.commandTimeout("192.0.2.7", "ssh"), "192.0.2.7: ssh: command timeout"],
    [words.timeout("192.0.2.7", "ssh", 1), "192.0.2.7: ssh: sequence timeout (stage 1)"],
    [words.guard("192.0.2.7", "ssh", "7001/tcp"), "192.0.2.7: ssh: guard port 7001/tcp touched, attempt dropped"],
    [words.reloaded("/etc/knockd/knockd.yaml"), "re-reading config file: /etc/knockd/knockd.yaml"],
    [words.shutdown(), "shutting down"],
    [words.commandOutput("a", ""), "a"],
    [words.commandOutput("a", "b"), "a: b"],
  ])("are %j", (text, expected) => {
    expect(text).toBe(expected);
  });

  it("show a command as it was written", () => {
    expect(commandText({ shell: "echo $HOME | cat" })).toBe("echo $HOME | cat");
    expect(commandText({ argv: ["/bin/echo", "-n", "two words", "", 'a"b', "192.0.2.7"] })).toBe(
      String.raw`/bin/echo -n "two words" "" "a\"b" 192.0.2.7`,
    );
  });

  it("say why", () => {
    expect(reasonOf(new Error("no such device"))).toBe("no such device");
    expect(reasonOf("plain")).toBe("plain");
    expect(words.openFailed("192.0.2.7", "ssh", new Error("nft: Error"))).toBe(
      "192.0.2.7: ssh: not opened: nft: Error",
    );
  });
});
