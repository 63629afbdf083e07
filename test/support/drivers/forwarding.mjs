// Prints the switches that keep the doors of a config (the one word of its command line) from leading on, as JSON. Runs inside a namespace.

import { parseConfig } from "../../../build/src/core/config/config.js";
import { switchesOff } from "../../../build/src/io/firewall/forwarding.js";

const { config } = parseConfig(process.argv[2]);
process.stdout.write(JSON.stringify(await switchesOff(config.doors)));
