// SECURITY.md: every test that it names exists, and its figures are those that are calculated.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { randomOdds } from "../src/core/guard/odds.ts";
import { FAILURES_MAX } from "../src/core/totp/suspicion.ts";

const PAGE = readFileSync(new URL("../SECURITY.md", import.meta.url), "utf8");
const FOLDERS = "attacks|client|core|daemon|init|install|io|program|system|torture";
/** As the page names them: `attacks/pots` is test/attacks/pots.test.ts. */
const NAMED = [...PAGE.matchAll(new RegExp(`\`((?:${FOLDERS})/[\\w/-]+)\``, "g"))].map(([, name = ""]) => name);

describe("SECURITY.md", () => {
  it("names tests that exist", () => {
    expect(NAMED.length).toBeGreaterThan(30);
    const missing = NAMED.filter((name) => !existsSync(new URL(`./${name}.test.ts`, import.meta.url)));
    expect(missing).toEqual([]);
  });

  it("names a test in every row of what an attack meets", () => {
    const [, table = ""] = /\| attack \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)/.exec(PAGE) ?? [];
    const rows = table.trimEnd().split("\n");
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect(row).toMatch(/`[\w/-]+`(?:, `[\w/-]+`)* \|$/);
  });

  it("says what is calculated", () => {
    for (const count of [3, 4]) {
      const bits = randomOdds(
        Array.from({ length: count }, () => "tcp" as const),
        "wide",
      );
      expect(PAGE).toContain(`2^${Math.floor(bits)}`);
    }
    expect(PAGE).toContain(`one address (of IPv6 its /64) sent ${FAILURES_MAX} wrong codes`);
  });
});
