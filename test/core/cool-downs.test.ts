import { expect, it } from "vitest";
import { emptyAddress, parseAddress } from "../../src/core/address.ts";
import { NONE } from "../../src/core/attempts.ts";
import { CoolDowns } from "../../src/core/cool-downs.ts";

const DOOR = { seqCooldownMs: 5000 };
const at = (text: string) => parseAddress(text) ?? emptyAddress();

it("a cool-down is a network's own, at one door", () => {
  const downs = new CoolDowns(1);
  downs.begin(DOOR, 1, at("192.0.2.7"), 1000);
  downs.begin(DOOR, 1, at("2001:db8::7"), 1000);
  const left = (source: string, number = 1) => downs.leftMs(DOOR, number, at(source), 2000);
  expect([left("192.0.2.7"), left("192.0.2.8"), left("192.0.2.7", 2)]).toEqual([4000, 0, 0]);
  expect([left("2001:db8::ffff"), left("2001:db8:0:1::7")]).toEqual([4000, 0]);
});

it("it ends, begins again, and is none where the door has none", () => {
  const downs = new CoolDowns(1);
  const here = at("192.0.2.7");
  downs.begin(DOOR, 1, here, 0);
  expect([downs.leftMs(DOOR, 1, here, 4999), downs.leftMs(DOOR, 1, here, 5000)]).toEqual([1, 0]);
  downs.begin(DOOR, 1, here, 6000);
  downs.begin(DOOR, 1, here, 8000);
  expect(downs.leftMs(DOOR, 1, here, 8000)).toBe(5000);
  downs.begin({ seqCooldownMs: 0 }, 2, here, 0);
  expect(downs.leftMs({ seqCooldownMs: 0 }, 2, here, 0)).toBe(0);
});

it("however many networks open it, the memory holds so many, the last ones", () => {
  const downs = new CoolDowns(1, 16);
  for (let host = 1; host <= 100; host++) downs.begin(DOOR, 1, at(`192.0.2.${host}`), host);
  expect(downs.leftMs(DOOR, 1, at("192.0.2.1"), 100)).toBe(0);
  expect(downs.leftMs(DOOR, 1, at("192.0.2.100"), 100)).toBe(5000);
});

it("doors that have another number keep their cool-downs, those that are gone lose them", () => {
  const downs = new CoolDowns(1);
  const here = at("192.0.2.7");
  downs.begin(DOOR, 1, here, 0);
  downs.begin(DOOR, 2, here, 0);
  downs.renumber((number) => (number === 1 ? 5 : NONE));
  expect([1, 2, 5].map((number) => downs.leftMs(DOOR, number, here, 0))).toEqual([0, 0, 5000]);
});
