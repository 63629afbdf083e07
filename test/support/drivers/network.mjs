// Follows the machine's interfaces, inside a namespace: one line of JSON on stdout for each change; SIGTERM ends it.

import { parseAddress } from "../../../build/src/core/address.js";
import { defaultInterface, Network } from "../../../build/src/io/capture/network.js";

const [, , name, ...addresses] = process.argv;

const network = new Network(
  async () => {
    const link = network.get(name);
    const any = network.get("any");
    const known = (each) => addresses.filter((address) => each?.addresses.has(parseAddress(address)));
    const state = {
      up: link?.up,
      ethernet: link?.ethernet,
      has: known(link),
      any: known(any),
      route: await defaultInterface(),
    };
    process.stdout.write(`${JSON.stringify(state)}\n`);
  },
  (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
await network.start();
process.on("SIGTERM", () => network.close());
