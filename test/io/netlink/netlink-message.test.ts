// Netlink's bytes: what is written is read again, and nothing that comes in can do harm.
import { endianness } from "node:os";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  attributeIn,
  big64,
  errorOf,
  FLAG,
  messagesIn,
  NetlinkWriter,
  NLMSG_ERROR,
  named,
  nameIn,
  numberIn,
} from "../../../src/io/netlink/netlink-message.ts";

function written(fill: (writer: NetlinkWriter) => void): Uint8Array {
  const writer = new NetlinkWriter(1024);
  fill(writer);
  return writer.bytes();
}

describe("netlink messages", () => {
  it("are read as they were written, attributes in attributes and names among them", () => {
    const bytes = written((writer) => {
      writer.begin(5, FLAG.REQUEST, 7).raw(1, 0, 0, 0);
      writer.attribute(1, named("knockd")).nested(3, () => writer.nested(1, () => writer.attribute(4, big64(90_000))));
      writer.end();
      writer.begin(6, FLAG.REQUEST, 8).end();
    });
    const [first, second] = [...messagesIn(bytes)];
    expect([first?.type, first?.sequence, second?.type, second?.sequence]).toEqual([5, 7, 6, 8]);
    const attributes = first?.body.subarray(4);
    expect(nameIn(attributeIn(attributes, 1))).toBe("knockd");
    expect(numberIn(attributeIn(attributeIn(attributeIn(attributes, 3), 1), 4))).toBe(90_000);
    expect(attributeIn(attributes, 2)).toBeUndefined();
  });

  it("have the bytes that the kernel expects", () => {
    const bytes = written((writer) => writer.begin(0x0a0c, 5, 1).raw(1, 0, 0, 0).attribute(1, named("t")).end());
    // linux/netlink.h: length, type, flags, sequence, port; then the attribute's length, type and value, padded to four.
    const little = "1c000000 0c0a 0500 01000000 00000000 01000000 0600 0100 7400 0000";
    const big = "0000001c 0a0c 0005 00000001 00000000 01000000 0006 0001 7400 0000";
    expect(Buffer.from(bytes).toString("hex")).toBe((endianness() === "LE" ? little : big).replaceAll(" ", ""));
  });

  it("tell an error by its number, and what is no answer from an answer", () => {
    const bytes = written((writer) => writer.begin(NLMSG_ERROR, 0, 3).raw(0xfe, 0xff, 0xff, 0xff).end());
    const [answer] = [...messagesIn(bytes)];
    if (endianness() === "LE") expect(answer && errorOf(answer)).toBe(2);
    expect(errorOf({ type: NLMSG_ERROR, sequence: 0, body: new Uint8Array(3) })).toBeUndefined();
    expect(errorOf({ type: 20, sequence: 0, body: new Uint8Array(8) })).toBeUndefined();
  });

  it("do not outgrow what they are written into", () => {
    const writer = new NetlinkWriter(32).begin(1, 1, 1);
    expect(() => writer.attribute(1, new Uint8Array(64))).toThrow("more than 32 bytes for netlink");
  });

  it("may be any bytes: reading them ends, and throws nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (noise, cut) => {
        const whole = written((writer) => {
          writer.begin(5, 1, 7).raw(1, 0, 0, 0).attribute(1, named("knockd"));
          writer.nested(3, () => writer.attribute(1, noise)).end();
        });
        for (const bytes of [noise, whole.slice(0, cut), Uint8Array.from([...whole.slice(0, cut), ...noise])]) {
          for (const message of messagesIn(bytes)) {
            errorOf(message);
            nameIn(attributeIn(message.body, 1));
            numberIn(attributeIn(attributeIn(message.body.subarray(4), 3), 1));
          }
        }
      }),
    );
  });
});
