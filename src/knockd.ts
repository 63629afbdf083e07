#!/usr/bin/env node
// The entry point of `knockd`. Loading all of the program takes a tenth of a second, so the capture process starts before it.
import { prepareCaptureProcess } from "./io/capture-process.ts";

if (process.argv[2] === "run") prepareCaptureProcess();
const { main } = await import("./main.ts");

await main();
// A stop command that hangs must not keep us: the next start runs it again.
process.exit();
