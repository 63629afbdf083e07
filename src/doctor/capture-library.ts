// Whether cap and libpcap load: in a process of their own, as for the daemon, since a broken binding may abort.
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { TOOL_ENV } from "../io/tool.ts";
import { type Check, type Finding, fail, ok } from "./check.ts";

const LIMIT_MS = 10_000;
/** Loads the module and says which libpcap came with it. */
const PROGRAM = `require(process.argv[1]); process.stdout.write(/\\S*libpcap\\S*/.exec(require("node:fs").readFileSync("/proc/self/maps", "utf8"))?.[0] ?? "")`;

export const captureLibrary: Check = {
  name: "libpcap",
  async look() {
    try {
      return [await load(createRequire(import.meta.url).resolve("cap"))];
    } catch {
      return [fail("the package cap is not installed", "npm ci")];
    }
  },
};

function load(module: string): Promise<Finding> {
  const options = { env: TOOL_ENV, timeout: LIMIT_MS };
  return new Promise((resolve) => {
    execFile(process.execPath, ["--eval", PROGRAM, module], options, (error, stdout, stderr) => {
      if (error === null) return resolve(ok(`cap loads, with ${stdout || "libpcap in it"}`));
      const [, reason] = /^Error: (.*)$/m.exec(stderr) ?? [];
      const missing = /libpcap\.so/.test(stderr);
      const advice = missing ? "apt-get install libpcap0.8" : "npm rebuild cap";
      resolve(fail(`cap does not load: ${reason ?? error.message}`, advice));
    });
  });
}
