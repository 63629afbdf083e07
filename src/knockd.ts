#!/usr/bin/env node
// The entry point of `knockd`.
import { setFlagsFromString } from "node:v8";
import { main } from "./main.ts";

// A flood makes short-lived garbage only: collected early, it takes no room.
setFlagsFromString("--semi-space-growth-factor=1");
await main();
// A stop command that hangs must not keep us: the next start runs it again.
process.exit();
