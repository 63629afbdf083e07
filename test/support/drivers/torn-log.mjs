// A disk that is full in the middle of a line, and then has room again: node torn-log.mjs DIRECTORY, which is a disk of two pages.

import { rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Logbook } from "../../../build/src/io/log/log.js";

const PAGE = 4096;
/** Longer than the log waits before it tries a file again. */
const AGAIN_MS = 1100;

const [, , directory] = process.argv;
writeFileSync(`${directory}/other`, "x".repeat(PAGE));
writeFileSync(`${directory}/log`, `${"x".repeat(PAGE - 51)}\n`);
const { log } = new Logbook({ logFormat: "text", logLevel: "info", logFile: `${directory}/log` });
log.info({ event: "test" }, "of this line the first fifty bytes or so fit, and no more than these");
rmSync(`${directory}/other`);
await delay(AGAIN_MS);
log.info({ event: "test" }, "there is room again");
