// Eyes outside: tries each port from each source address, all at once, every TICK_MS, and prints what it saw, one line a tick:
//
//     <time> <states> <milliseconds of the control port>          81234.5 o........ 1.2
//
// A state a source and port, source by source: `o` a byte came back, `c` only a connection was made, `.` nothing, `?` an error
// of our own. The control port is never hidden: when it is slow, the machine is.
import { connect } from "node:net";

const TICK_MS = 40;
/** Below the second after which the kernel sends a SYN again, so that an answer belongs to its own moment. */
const LIMIT_MS = 250;
/**
 * Source ports go round in a circle, so that none comes again soon: for a while after a reset, connection tracking still takes
 * a SYN from the same port as part of the old connection, and lets it in.
 */
const LOCAL_PORTS = { from: 10_000, count: 50_000 };

const [host, control, portList, sourceList] = process.argv.slice(2);
const ports = portList.split(",").map(Number);
const sources = sourceList.split(",");
let connections = 0;

setInterval(() => void look(), TICK_MS);

async function look() {
  const at = nowMs();
  const states = sources.flatMap((source) => ports.map((port) => probe(source, port)));
  await probe(sources[0], Number(control));
  const controlMs = nowMs() - at;
  process.stdout.write(`${at.toFixed(1)} ${(await Promise.all(states)).join("")} ${controlMs.toFixed(1)}\n`);
}

function probe(source, port) {
  return new Promise((resolve) => {
    let state = ".";
    const localPort = LOCAL_PORTS.from + (connections++ % LOCAL_PORTS.count);
    const socket = connect({ host, port, localAddress: source, localPort });
    const finish = (last) => {
      clearTimeout(limit);
      // A reset leaves no TIME_WAIT behind; before it is connected, a socket just goes.
      if (state === ".") socket.destroy();
      else socket.resetAndDestroy();
      resolve(last);
    };
    const limit = setTimeout(() => finish(state), LIMIT_MS);
    socket.on("connect", () => {
      state = "c";
      socket.write("?");
    });
    socket.on("data", () => finish("o"));
    // A refusal has passed the firewall, too.
    socket.on("error", ({ code }) => finish(code === "ECONNREFUSED" || code === "ECONNRESET" ? "c" : "?"));
  });
}

/** CLOCK_MONOTONIC, the same in all processes. */
function nowMs() {
  return Number(process.hrtime.bigint()) / 1e6;
}
