// Writes one line of each level: node log.mjs FORMAT LEVEL MESSAGE [FILE]. $EVENT says of what.

import { Logbook } from "../../../build/src/io/log/log.js";

const [, , logFormat, logLevel, message, logFile] = process.argv;
const { log } = new Logbook({ logFormat, logLevel, logFile });
for (const level of ["debug", "info", "warn", "error"])
  log[level]({ event: process.env.EVENT ?? "test", door: "ssh" }, `${level}: ${message}`);
