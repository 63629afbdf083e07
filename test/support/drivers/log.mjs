// Writes one line of each level: node log.mjs FORMAT LEVEL MESSAGE.

import { openLog } from "../../../build/src/io/log.js";

const [, , logFormat, logLevel, message] = process.argv;
const log = openLog({ logFormat, logLevel });
for (const level of ["debug", "info", "warn", "error"])
  log[level]({ event: "test", door: "ssh" }, `${level}: ${message}`);
