// docs/odds.md: its tables are what src/core/guard/odds.ts calculates.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { WidthClass } from "../../src/core/guard/guard.ts";
import { oddsOfSequence, packetsText, randomOdds, timeText } from "../../src/core/guard/odds.ts";
import { type Protocol, parsePort } from "../../src/core/port.ts";

const PAGE = readFileSync(new URL("../../docs/odds.md", import.meta.url), "utf8");
const STEPS = [1, 2, 3, 4, 5, 6];

const bits = (value: number): string => (Math.floor(value * 10) / 10).toFixed(1);
const same = (protocol: Protocol, count: number): Protocol[] => Array.from({ length: count }, () => protocol);
const row = (...cells: string[]): string => `| ${cells.join(" | ")} |`;
const rowOf = (name: string, protocol: Protocol, widthClass: WidthClass): string =>
  row(name, ...STEPS.map((count) => bits(randomOdds(same(protocol, count), widthClass))));

it.each([
  rowOf("tcp", "tcp", "wide"),
  rowOf("udp", "udp", "wide"),
  rowOf("sizes of pings", "icmp", "wide"),
  rowOf("tcp, more than 12 steps in all", "tcp", "narrow"),
  rowOf("udp, more than 12 steps in all", "udp", "narrow"),
  rowOf("tcp, `scan_guard: false`", "tcp", "none"),
])("has the row %s", (text) => {
  expect(PAGE).toContain(`\n${text}\n`);
});

it.each<[string, Protocol[]]>([
  ["tcp, tcp, udp", ["tcp", "tcp", "udp"]],
  ["tcp, udp, tcp, tcp", ["tcp", "udp", "tcp", "tcp"]],
  ["tcp, udp, icmp", ["tcp", "udp", "icmp"]],
])("has the mixture %s", (name, protocols) => {
  expect(PAGE).toContain(`\n${row(name, bits(randomOdds(protocols, "wide")))}\n`);
});

it.each([
  "21347, 9283, 62917",
  "7000, 9283, 62917",
  "7000, 9283, 9000",
  "7000, 9000, 8000",
  "7000, 8000, 9000",
  "21347, 21348, 21349",
])("has the example %s", (text) => {
  const odds = oddsOfSequence(text.split(", ").map(parsePort), "wide").bits;
  expect(PAGE).toContain(`\n${row(`\`${text}\``, packetsText(odds), timeText(odds))}\n`);
});
