// The web page of the demo: a real server, which the door `web` hides.
import { createServer } from "node:http";

const [address, port] = process.argv.slice(2);

createServer((request, response) => {
  response.setHeader("content-type", "text/plain");
  response.end(`Good evening, ${request.socket.remoteAddress}. You know how to knock.\n`);
}).listen(Number(port), address, () => process.stdout.write("listening\n"));
