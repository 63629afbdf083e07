// Signs of a service -> what they mean, in words.

import { describe, expect, it } from "vitest";
import type { Sign } from "../../src/client/ask.ts";
import { verdictOf } from "../../src/client/wait.ts";
import { answerWords } from "../../src/client/wait-words.ts";

const error = (code: string): Sign => ({ error: code });

describe("what several targets say", () => {
  it.each([
    [["silent"], "22/tcp does not answer: still hidden"],
    [[error("ETIMEDOUT")], "22/tcp does not answer: still hidden"],
    [[error("ECONNREFUSED")], "22/tcp refused: the door is open but nothing listens, or a firewall refuses for it"],
    [[error("EHOSTUNREACH")], "22/tcp: no route to host, or a firewall rejects it"],
    [[error("ENETUNREACH")], "22/tcp: network is unreachable"],
    [[error("EPERM")], "22/tcp: forbidden by the firewall of this machine"],
    [[error("EWHATEVER")], "22/tcp: EWHATEVER"],
    // A host with two families, one of which is not reached from here, is still judged by the other.
    [[error("ENETUNREACH"), "silent"], "22/tcp does not answer: still hidden"],
    [[error("ENETUNREACH"), error("ECONNREFUSED")], "22/tcp refused: the door is open"],
    [["silent", error("ECONNREFUSED")], "22/tcp refused: the door is open"],
  ] as [Sign[], string][])("%j", (signs, words) => {
    expect(answerWords({ protocol: "tcp", number: 22 }, verdictOf(signs))).toContain(words);
  });

  it("says of a silent udp service that silence says little", () => {
    expect(answerWords({ protocol: "udp", number: 1194 }, verdictOf(["silent"]))).toBe(
      "1194/udp is silent: it may be open all the same, for a udp service need not answer",
    );
  });

  it("says how long it took", () => {
    const answer = { outcome: "answered", afterMs: 449 } as const;
    expect(answerWords({ protocol: "tcp", number: 22 }, answer)).toBe("22/tcp answered after 0.4 s");
  });
});
