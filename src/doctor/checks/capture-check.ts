// The two that can capture, tcpdump and cap with libpcap: one of them is enough, and which one was asked for.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { capProblem, isForOtherNode } from "../../core/capture/cap-problem.ts";
import { reasonOf } from "../../core/text/words.ts";
import { runTool, TOOL_ENV } from "../../io/tool.ts";
import { type Check, type Finding, fail, ok, warn } from "../machine-check.ts";
import { IS_PACKAGED } from "../packaged.ts";

const LIMIT_MS = 10_000;
/** Loads cap in a process of its own, as for the daemon, and says which libpcap came with it. */
const PROGRAM = `require(process.argv[1]); process.stdout.write(/\\S*libpcap\\S*/.exec(require("node:fs").readFileSync("/proc/self/maps", "utf8"))?.[0] ?? "")`;

type Sniffer = { readonly works: string } | { readonly broken: string; readonly advice: string };

export const capture: Check = {
  name: "capture",
  async look({ config }) {
    const [tcpdump, cap] = await Promise.all([askTcpdump(), loadCap()]);
    const [first, second] = config?.sniffer === "cap" ? [cap, tcpdump] : [tcpdump, cap];
    if ("works" in first) return [ok(first.works), ...("works" in second ? [ok(second.works)] : [spare(second)])];
    if ("works" in second)
      return [warn(`${first.broken}, so it is the other that captures`, first.advice), ok(second.works)];
    return [first, second].flatMap((each) => ("broken" in each ? [fail(each.broken, each.advice)] : []));
  },
};

function spare({ broken, advice }: Extract<Sniffer, { broken: string }>): Finding {
  return warn(`${broken}, and could not take over`, advice);
}

async function askTcpdump(): Promise<Sniffer> {
  try {
    const [version = "", library = ""] = (await runTool(["tcpdump", "--version"])).split("\n");
    return { works: `${version.replace(" version", "")}, ${library.replace(/ version|\(.*/g, "").trim()}` };
  } catch (error) {
    return { broken: reasonOf(error).split("\n")[0] ?? "", advice: "apt-get install tcpdump" };
  }
}

function loadCap(): Promise<Sniffer> {
  const options = { env: TOOL_ENV, timeout: LIMIT_MS };
  return new Promise((resolve) => {
    execFile(process.execPath, ["--eval", PROGRAM, modulePath()], options, (error, stdout, stderr) => {
      if (error === null) return resolve({ works: `cap, ${stdout || "libpcap in it"}` });
      const [, said = error.message] = /^Error: ([\s\S]*)/m.exec(stderr) ?? [];
      resolve({ broken: `cap does not load: ${capProblem(said)}`, advice: adviceFor(said) });
    });
  });
}

function adviceFor(said: string): string {
  if (/libpcap\.so/.test(said)) return "apt-get install libpcap0.8";
  if (IS_PACKAGED) return "tcpdump is enough; or take the Node.js that the package was made for";
  return isForOtherNode(said) ? "tcpdump is enough; or build cap for this one: npm rebuild cap" : "npm rebuild cap";
}

/** From where we are installed; a module that is not there fails with its name. */
function modulePath(): string {
  try {
    return fileURLToPath(import.meta.resolve("cap"));
  } catch {
    return "cap";
  }
}
