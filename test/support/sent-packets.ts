// Reads what `tcpdump -x` printed: `syn 7000`, `tcp 7000` (other segments), `udp 8000 00` (payload), `echo 100` (size).

/** Of an IPv6 header; an IPv4 header says its own length. */
const IPV6_HEADER = 40;
const TCP = 6;
const UDP = 17;
const ICMP_HEADER = 8;
const TCP_FLAGS = 13;
const UDP_HEADER = 8;
const SYN = 0x02;

export function sentPackets(text: string): string[] {
  return text
    .split(/^(?=\S)/m)
    .filter((block) => block.includes("0x0000:"))
    .map((block) => wordsOf(Buffer.from(block.replace(/^\S.*$/m, "").replace(/^\s+0x\w+:|\s/gm, ""), "hex")));
}

function wordsOf(packet: Buffer): string {
  const isIPv4 = packet.readUInt8(0) >> 4 === 4;
  const protocol = packet.readUInt8(isIPv4 ? 9 : 6);
  const payload = packet.subarray(isIPv4 ? (packet.readUInt8(0) & 0x0f) * 4 : IPV6_HEADER);
  if (protocol === TCP) return `${payload.readUInt8(TCP_FLAGS) === SYN ? "syn" : "tcp"} ${payload.readUInt16BE(2)}`;
  if (protocol === UDP) return `udp ${payload.readUInt16BE(2)} ${payload.subarray(UDP_HEADER).toString("hex")}`;
  return `echo ${payload.length - ICMP_HEADER}`;
}
