// How inputs are changed: bits, bytes, numbers at the edge, pieces taken out, doubled, or put in from another one.

const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x0a, 0x22, 0x27, 0x3a, 0x5b, 0x7b];
const WORDS = [
  "%IP%",
  "[",
  "]",
  ":",
  "\n",
  "=",
  ",",
  "{}",
  "\\x",
  "-1",
  "65536",
  "4294967296",
  "1e999",
  "null",
  "\u202e",
  "&a",
  "*a",
  "!!",
];

/** mulberry32: the same seed gives the same run. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function mutated(kept, random) {
  let bytes = Buffer.from(kept[random(kept.length)]);
  for (let times = 1 + random(6); times > 0; times--) bytes = CHANGES[random(CHANGES.length)](bytes, random, kept);
  return bytes;
}

const cut = (bytes, random) => {
  const from = random(bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + random(32))];
};

const CHANGES = [
  (bytes, random) => {
    if (bytes.length > 0) bytes[random(bytes.length)] ^= 1 << random(8);
    return bytes;
  },
  (bytes, random) => {
    if (bytes.length > 0) bytes[random(bytes.length)] = random(2) === 0 ? random(256) : EDGES[random(EDGES.length)];
    return bytes;
  },
  (bytes, random) => {
    const at = random(Math.max(1, bytes.length - 3));
    if (bytes.length < 4) return bytes;
    const value = [0, 1, 0x7fff, 0x8000, 0xffff, 0xffffffff, 0x80000000, bytes.length][random(8)];
    if (random(2) === 0) bytes.writeUInt32BE(value >>> 0, at);
    else bytes.writeUInt16LE(value & 0xffff, at);
    return bytes;
  },
  (bytes, random) => {
    const [from, to] = cut(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, random) => {
    const [from, to] = cut(bytes, random);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  (bytes, random) => {
    const at = random(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(WORDS[random(WORDS.length)]), bytes.subarray(at)]);
  },
  (bytes, random, kept) => {
    const other = kept[random(kept.length)];
    const [from, to] = cut(other, random);
    const at = random(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at)]);
  },
  (bytes, random) => bytes.subarray(0, random(bytes.length + 1)),
];
