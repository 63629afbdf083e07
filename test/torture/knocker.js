// Knocks when told to, without the time that it takes to start a program: `<source> <port> <port> ...` on a line of stdin sends
// datagrams to these ports, in order, and prints `<source> <time>`, the time just before the last of them.
import { createSocket } from "node:dgram";
import { createInterface } from "node:readline";

const [host] = process.argv.slice(2);
const sockets = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  const [source, ...ports] = line.split(" ");
  const socket = sockets.get(source) ?? (await bound(source));
  sockets.set(source, socket);
  let at = 0;
  for (const port of ports) {
    at = Number(process.hrtime.bigint()) / 1e6;
    await new Promise((resolve) => socket.send("knock", Number(port), host, resolve));
  }
  process.stdout.write(`${source} ${at.toFixed(1)}\n`);
}

function bound(source) {
  const socket = createSocket("udp4");
  socket.on("error", () => {});
  return new Promise((resolve) => socket.bind(0, source, () => resolve(socket)));
}
