// An echo server for the lab: TCP and UDP, both families, on every port of its command line.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const ports = process.argv.slice(2).map(Number);
const ready = ports.flatMap((port) => [tcp(port), udp(port)]);
await Promise.all(ready);
process.stdout.write("listening\n");

function tcp(port) {
  const server = createServer((socket) => socket.on("error", () => socket.destroy()).pipe(socket));
  return new Promise((resolve) => server.listen(port, "::", resolve));
}

function udp(port) {
  const socket = createSocket("udp6");
  socket.on("message", (bytes, { address, port: from }) => socket.send(bytes, from, address));
  return new Promise((resolve) => socket.bind(port, "::", resolve));
}
