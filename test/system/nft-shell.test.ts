// One nft that stays, in a network namespace of its own.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Netns, root } from "../support/netns.ts";

const DRIVER = fileURLToPath(new URL("../support/drivers/nft-shell.mjs", import.meta.url));

interface Step {
  readonly run?: readonly string[];
  readonly signal?: string;
}

const resultSchema = z.array(z.object({ outcomes: z.array(z.string()), pids: z.array(z.number()) }));

describe.skipIf(!root)("one nft that stays", () => {
  const net = new Netns();
  beforeAll(() => net.add("firewall"));
  afterAll(() => net.close());
  beforeEach(() =>
    net.nft("firewall", "flush ruleset\nadd table inet t\nadd set inet t s { type ipv4_addr; flags timeout; }"),
  );

  async function drive(...steps: Step[]) {
    const printed = await net.ok("firewall", [process.execPath, DRIVER], { input: JSON.stringify(steps) });
    return resultSchema.parse(JSON.parse(printed));
  }

  async function elements(): Promise<number> {
    const listing = await net.ok("firewall", ["nft", "list", "set", "inet", "t", "s"]);
    return listing.match(/\d+\.\d+\.\d+\.\d+ timeout/g)?.length ?? 0;
  }

  function add(ip: string): string {
    return `add element inet t s { ${ip} timeout 1h }`;
  }

  const thousand = Array.from({ length: 1000 }, (_each, index) => `10.0.${index >> 8}.${index & 255}`);

  it("takes statements one after the other, and is the same nft all the time", async () => {
    const results = await drive({ run: [add("10.0.0.1")] }, { run: [add("10.0.0.2")] }, { run: [add("10.0.0.3")] });
    expect(results.flatMap(({ outcomes }) => outcomes)).toEqual(["done", "done", "done"]);
    expect(new Set(results.flatMap(({ pids }) => pids)).size).toBe(1);
    expect(await elements()).toBe(3);
  });

  it("takes a thousand statements that come at once", async () => {
    const [result] = await drive({ run: thousand.map(add) });
    expect(new Set(result?.outcomes)).toEqual(new Set(["done"]));
    expect(await elements()).toBe(1000);
  });

  it("rejects a bad statement in nft's own words, and goes on", async () => {
    const [first, second] = await drive(
      { run: ["add element inet t nowhere { 10.0.0.1 }"] },
      { run: [add("10.0.0.2")] },
    );
    expect(first?.outcomes).toEqual([expect.stringMatching(/^nft: .*No such file or directory/)]);
    expect(second?.outcomes).toEqual(["done"]);
  });

  it("rejects what is no nft at all, as well", async () => {
    const results = await drive(
      { run: ["this is nonsense"] },
      { run: ["add element inet t s { 10.0.0.1 timeout 1h"] },
      { run: [add("10.0.0.2")] },
    );
    expect(results[0]?.outcomes[0]).toMatch(/^nft: .*syntax error/s);
    expect(results[2]?.outcomes).toEqual(["done"]);
  });

  it("rejects a bad statement among good ones alone", async () => {
    const good = thousand.slice(0, 20).map(add);
    const statements = good.toSpliced(7, 0, "delete element inet t s { 192.0.2.1 }");
    const [result] = await drive({ run: statements });
    expect(result?.outcomes.map((outcome) => outcome === "done")).toEqual(
      statements.map((_each, index) => index !== 7),
    );
    expect(result?.outcomes[7]).toMatch(/^nft: /);
    expect(await elements()).toBe(20);
  });

  it("runs the parts of a statement as one transaction", async () => {
    const [result] = await drive({ run: [`${add("10.0.0.1")}; add element inet t nowhere { 10.0.0.1 }`] });
    expect(result?.outcomes[0]).toMatch(/^nft: /);
    expect(await elements()).toBe(0);
  });

  it("is replaced when it was killed while nothing was under way", async () => {
    const [before, , after] = await drive(
      { run: [add("10.0.0.1")] },
      { signal: "SIGKILL" },
      { run: [add("10.0.0.2")] },
    );
    expect(after?.outcomes).toEqual(["done"]);
    expect(after?.pids).not.toEqual(before?.pids);
    expect(await elements()).toBe(2);
  });

  it("is replaced when it was killed while in use, and what was under way is done all the same", async () => {
    const [before, during, after] = await drive(
      { run: [add("10.0.0.1")] },
      { run: thousand.slice(10, 20).map(add), signal: "SIGKILL" },
      { run: [add("10.0.0.2")] },
    );
    expect(new Set(during?.outcomes)).toEqual(new Set(["done"]));
    expect(after?.outcomes).toEqual(["done"]);
    expect(after?.pids).not.toEqual(before?.pids);
    expect(await elements()).toBe(12);
  });

  it("is replaced when it hangs, and what was under way is done all the same", async () => {
    const [before, , during, after] = await drive(
      { run: [add("10.0.0.1")] },
      { signal: "SIGSTOP" },
      { run: [add("10.0.0.2")] },
      { run: [add("10.0.0.3")] },
    );
    expect(during?.outcomes).toEqual(["done"]);
    expect(after?.outcomes).toEqual(["done"]);
    expect(after?.pids).not.toEqual(before?.pids);
    expect(await elements()).toBe(3);
  });

  it("answers each of many statements for itself, in whatever pieces its answers arrive", async () => {
    const results = await drive(...thousand.slice(0, 300).map((ip) => ({ run: [add(ip)] })));
    expect(new Set(results.flatMap(({ outcomes }) => outcomes))).toEqual(new Set(["done"]));
  });

  it("says when there is no nft", async () => {
    const driver = ["unshare", "--mount", "/bin/sh", "-c"];
    const hide = 'mount --bind /dev/null "$(readlink -f "$(command -v nft)")" && exec "$0" "$1"';
    const printed = await net.ok("firewall", [...driver, hide, process.execPath, DRIVER], {
      input: JSON.stringify([{ run: [add("10.0.0.1")] }]),
    });
    expect(resultSchema.parse(JSON.parse(printed))[0]?.outcomes).toEqual([expect.stringMatching(/^nft: .*nft/)]);
  });
});
