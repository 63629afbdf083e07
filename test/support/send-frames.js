// Sends frames as they are, one per line of stdin in hexadecimal digits, out of the device of its command line.
// Only the checksum of a plain IPv4 header is filled in: a bridge may throw away a packet with a wrong one.
import { readFileSync } from "node:fs";
import cap from "cap";

/** Offsets in an Ethernet frame without a tag. */
const ETHERTYPE = 12;
const IP = 14;
const IP_CHECKSUM = IP + 10;

const [device] = process.argv.slice(2);
const sender = new cap.Cap();
sender.open(device, "less 0", 1024 * 1024, Buffer.alloc(65_535));
for (const line of readFileSync(0, "latin1").split("\n")) {
  const frame = Buffer.from(line, "hex");
  if (frame.readUInt16BE(ETHERTYPE) === 0x0800) frame.writeUInt16BE(checksumOf(frame), IP_CHECKSUM);
  sender.send(frame, frame.length);
}
sender.close();

/** RFC 1071, over the header alone. */
function checksumOf(frame) {
  const end = IP + (frame[IP] & 0x0f) * 4;
  let sum = 0;
  for (let at = IP; at < end; at += 2) if (at !== IP_CHECKSUM) sum += frame.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
