// `knockd run` with a watch on its way: where each packet was when, in microseconds since 1970, to $BUDGET at the end. Runs what
// tsc has built, whose classes can be reached.
import { writeFileSync } from "node:fs";
import { PcapReader } from "../../build/src/core/capture/pcap.js";
import { Daemon } from "../../build/src/daemon/daemon.js";
import { Nftables } from "../../build/src/io/firewall/nftables/nftables.js";
import { NetlinkSocket } from "../../build/src/io/netlink/netlink-socket.js";
import { Ledger } from "../../build/src/io/state/ledger-file.js";
import { LineFile } from "../../build/src/io/state/line-file.js";
import { main } from "../../build/src/main.js";

const ways = [];
let chunkUs = 0;
let way;

function nowUs() {
  return (performance.timeOrigin + performance.now()) * 1000;
}

/** Notes when a method is called, and when what it gives is there. */
function timed(where, name, begins, ends) {
  const original = where[name];
  where[name] = function (...args) {
    const own = way;
    if (own !== undefined) own[begins] = nowUs();
    const given = original.apply(this, args);
    if (own === undefined || ends === undefined) return given;
    return given.finally(() => (own[ends] = nowUs()));
  };
}

/** Adds up how long a method keeps us. */
function lasting(where, name, length) {
  const original = where[name];
  where[name] = function (...args) {
    const begun = nowUs();
    try {
      return original.apply(this, args);
    } finally {
      if (way !== undefined) way[length] = (way[length] ?? 0) + nowUs() - begun;
    }
  };
}

const push = PcapReader.prototype.push;
PcapReader.prototype.push = function (chunk) {
  chunkUs = nowUs();
  push.call(this, chunk);
};
const see = Daemon.prototype.see;
Daemon.prototype.see = function (frame, local) {
  way = { packet: frame.timeMs * 1000, chunk: chunkUs };
  ways.push(way);
  see.call(this, frame, local);
};
timed(Daemon.prototype, "open", "earned");
lasting(LineFile.prototype, "append", "written");
lasting(NetlinkSocket.prototype, "request", "kernel");
timed(Ledger.prototype, "open", "noting", "noted");
timed(Nftables.prototype, "open", "letting", "let");

process.on("exit", () => writeFileSync(process.env.BUDGET, JSON.stringify(ways)));
// For tcpdump, which inherits it; this process has started already.
process.env.LD_PRELOAD = process.env.PRELOAD;
await main();
process.exit();
