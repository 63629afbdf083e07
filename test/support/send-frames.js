// Sends frames as they are, one per line of stdin in hexadecimal digits, out of the device of its command line.
import { readFileSync } from "node:fs";
import cap from "cap";

const [device] = process.argv.slice(2);
const sender = new cap.Cap();
sender.open(device, "less 0", 1024 * 1024, Buffer.alloc(65_535));
for (const line of readFileSync(0, "latin1").split("\n")) {
  const frame = Buffer.from(line, "hex");
  sender.send(frame, frame.length);
}
sender.close();
