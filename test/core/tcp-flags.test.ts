import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ANY_FLAGS,
  commonFlags,
  FIRST_SYN,
  type FlagRule,
  formatFlags,
  formatRule,
  parseFlags,
} from "../../src/core/tcp-flags.ts";

const NAMES = ["fin", "syn", "rst", "psh", "ack", "urg"] as const;

const anyRule = fc
  .record({ mask: fc.nat(0x3f), bits: fc.nat(0x3f) })
  .map(({ mask, bits }): FlagRule => ({ mask, value: bits & mask }));

function passes(flags: number, { mask, value }: FlagRule): boolean {
  return (flags & mask) === value;
}

describe("a rule for TCP flags", () => {
  it.each([
    ["syn", { mask: 0x02, value: 0x02 }],
    ["!ack", { mask: 0x10, value: 0 }],
    ["syn,!ack", FIRST_SYN],
    ["!ack,syn", FIRST_SYN],
    [" SYN , ! ACK ", FIRST_SYN],
    ["syn,syn", { mask: 0x02, value: 0x02 }],
    ["fin,syn,rst,psh,ack,urg", { mask: 0x3f, value: 0x3f }],
    ["!fin,!syn,!rst,!psh,!ack,!urg", { mask: 0x3f, value: 0 }],
    ["any", ANY_FLAGS],
    [" Any ", ANY_FLAGS],
  ])("%j reads as %o", (text, rule) => {
    expect(parseFlags(text)).toEqual(rule);
  });

  it.each([
    "",
    ",",
    "syn,",
    ",syn",
    "syn ack",
    "syn;ack",
    "!!ack",
    "!",
    "sin",
    "syn,any",
    "ece",
    "cwr",
    "0x02",
    "synn",
  ])("refuses %j", (text) => {
    expect(() => parseFlags(text)).toThrow(
      new RangeError(
        `expected any or a list of fin syn rst psh ack urg, each with or without !, got ${JSON.stringify(text)}`,
      ),
    );
  });

  it.each(["constructor", "toString", "__proto__", "hasOwnProperty"])("knows no flag %j", (text) => {
    expect(() => parseFlags(text)).toThrow(RangeError);
  });

  it.each([
    ["syn,!syn", "syn"],
    ["!ack,fin,ack", "ack"],
    ["URG,!urg", "urg"],
  ])("refuses %j, which no packet passes", (text, name) => {
    expect(() => parseFlags(text)).toThrow(
      new RangeError(`${name} cannot be both set and clear, got ${JSON.stringify(text)}`),
    );
  });

  it("lets exactly those packets pass that have what it lists", () => {
    const wish = fc.constantFrom("", "!", undefined);
    fc.assert(
      fc.property(fc.array(wish, { minLength: 6, maxLength: 6 }), fc.nat(0x3f), (wishes, flags) => {
        const words = NAMES.flatMap((name, bit) => {
          const not = wishes[bit];
          return not === undefined ? [] : [{ text: not + name, holds: ((flags >> bit) & 1) === (not === "" ? 1 : 0) }];
        });
        if (words.length === 0) return;
        const rule = parseFlags(words.map(({ text }) => text).join(","));
        expect(passes(flags, rule)).toBe(words.every(({ holds }) => holds));
      }),
    );
  });
});

describe("the common rule", () => {
  it("lets pass whatever any of the rules lets pass", () => {
    fc.assert(
      fc.property(fc.array(anyRule, { minLength: 1, maxLength: 6 }), fc.nat(0x3f), (rules, flags) => {
        if (rules.some((rule) => passes(flags, rule))) expect(passes(flags, commonFlags(rules))).toBe(true);
      }),
    );
  });

  it("holds every bit on which all rules agree", () => {
    fc.assert(
      fc.property(fc.array(anyRule, { minLength: 1, maxLength: 6 }), fc.nat(5), (rules, position) => {
        const bit = 1 << position;
        const [first = ANY_FLAGS] = rules;
        const agreed = rules.every((rule) => (rule.mask & bit) !== 0 && (rule.value & bit) === (first.value & bit));
        const common = commonFlags(rules);
        expect((common.mask & bit) !== 0).toBe(agreed);
        expect(common.value & bit).toBe(agreed ? first.value & bit : 0);
      }),
    );
  });

  it.each([
    [[], ANY_FLAGS],
    [[FIRST_SYN], FIRST_SYN],
    [[FIRST_SYN, FIRST_SYN], FIRST_SYN],
    [[FIRST_SYN, ANY_FLAGS], ANY_FLAGS],
    [[FIRST_SYN, parseFlags("syn")], parseFlags("syn")],
    [[parseFlags("syn"), parseFlags("!syn")], ANY_FLAGS],
  ])("of %o is %o", (rules, common) => {
    expect(commonFlags(rules)).toEqual(common);
  });
});

describe("flags in words", () => {
  it.each([
    [0x12, "SYN,ACK"],
    [0x3f, "FIN,SYN,RST,PSH,ACK,URG"],
    [0, "none"],
  ])("%i are %s", (flags, text) => {
    expect(formatFlags(flags)).toBe(text);
  });

  it.each([
    ["syn,!ack", "syn,!ack"],
    ["!ACK, Syn", "syn,!ack"],
    ["any", "any"],
    ["!fin,urg", "!fin,urg"],
  ])("the rule %s is written %s", (rule, text) => {
    expect(formatRule(parseFlags(rule))).toBe(text);
  });
});
