import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { PcapReader } from "../../src/core/capture/pcap.ts";
import { sniffWithCap } from "../../src/io/capture/cap-sniffer.ts";
import type { Program, Sniffer } from "../../src/io/capture/sniffer.ts";
import { connectSniffer } from "../../src/io/capture/sniffer-socket.ts";
import { sniffWithTcpdump } from "../../src/io/capture/tcpdump-sniffer.ts";
import { Netns, type Process, root } from "../support/netns.ts";
import { succeed } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";
import { soon } from "../support/soon.ts";

/** The kernel takes everything but blanks, slashes and colons. */
const ODD_NAME = `-e\\n"$x;'*`;

/** A server as systemd is one while something keeps it from its work. */
const NEVER_ACCEPTS = `require("node:net").createServer().listen(process.argv[1], () => {
  console.log("listening");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
})`;

const scratch = new Scratch();
let server: Server | undefined;
let deaf: ChildProcess | undefined;
beforeEach(() => scratch.make());
afterEach(() => {
  vi.useRealTimers();
  server?.close();
  server = undefined;
  deaf?.kill();
  scratch.remove();
});

const path = (): string => scratch.pathOf("sniffer.sock");

/** Stands where systemd listens. Reads nothing by itself. */
function listen(accept: (connection: Socket) => void): void {
  server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, accept).listen(path());
}

interface End {
  readonly words: string;
  readonly code: number | null;
  readonly problem: string | undefined;
}

/** What the daemon hears of a sniffer until its end. */
function endOf(program: Program): Promise<End> {
  let words = "";
  program.onWords((said) => {
    words += said;
  });
  return new Promise((resolve) => program.onEnd((code, problem) => resolve({ words, code, problem })));
}

describe("a connection to a sniffer", () => {
  it("says why it cannot be made while systemd does not listen", async () => {
    expect(await endOf(connectSniffer(path(), "tcpdump", "/run/knockd", ""))).toEqual({
      words: "",
      code: null,
      problem: `connect ENOENT ${path()}`,
    });
  });

  it.each([
    ["tcpdump", sniffWithTcpdump, { snapBytes: 128 }, /^eth0 128 4096\n$/],
    ["tcpdump", sniffWithTcpdump, { snapBytes: 65_535 }, /^eth0 65535 4096\n$/],
    ["cap", sniffWithCap, { snapBytes: 128 }, /^\{"interface":"eth0","filter":"tcp port 7000","snapBytes":128\}\n$/],
  ])("brings the order, for a pipe in the runtime directory: %s", async (name, sniff, { snapBytes }, second) => {
    vi.stubEnv("RUNTIME_DIRECTORY", scratch.path);
    vi.stubEnv("KNOCKD_SNIFFER_SOCKET", path());
    const accepted = new Promise<Socket>(listen);
    const sniffer = sniff({ interface: "eth0", filter: "tcp port 7000", snapBytes });
    const end = endOf(sniffer);
    sniffer.read(() => {});
    const connection = (await accepted).resume();
    const [first, ...rest] = String(await once(connection, "data")).split(/(?<=\n)/);
    expect(first).toMatch(new RegExp(`^${name} ${scratch.path}/knockd-\\w{6}\n$`));
    expect(rest.join("")).toMatch(second);
    connection.end();
    await end;
    vi.unstubAllEnvs();
  });

  it.each([
    ["tcpdump", sniffWithTcpdump],
    ["cap", sniffWithCap],
  ])(
    "leaves no pipe when %s is told to end before its first frame, though we may be gone before it is",
    (_name, sniff) => {
      vi.stubEnv("RUNTIME_DIRECTORY", scratch.path);
      vi.stubEnv("KNOCKD_SNIFFER_SOCKET", path());
      const sniffer = sniff({ interface: "eth0", filter: "tcp port 7000", snapBytes: 128 });
      sniffer.onWords(() => {});
      sniffer.onEnd(() => {});
      sniffer.read(() => {});
      sniffer.end();
      expect(readdirSync(scratch.path)).toEqual([]);
      vi.unstubAllEnvs();
    },
  );

  it("ends with the program's last words though it has not read all", async () => {
    const accepted = new Promise<Socket>(listen);
    const program = connectSniffer(path(), "cap", "/run/knockd", "{}\n");
    const end = endOf(program);
    const connection = (await accepted).resume();
    expect(String(await once(connection, "data"))).toBe("cap /run/knockd\n{}\n");
    const said = new Promise<void>((heard) => program.onWords(() => heard()));
    connection.pause().write("node: not found\n");
    await said;
    program.ask();
    connection.destroy();
    expect(await end).toEqual({ words: "node: not found\n", code: null, problem: undefined });
  });

  it("is heard to its end once the program is told to end, and asks nothing any more", async () => {
    let read = "";
    listen((connection) => {
      connection.on("data", (chunk) => (read += chunk));
      connection.resume();
      connection.on("end", () => connection.end("3 packets dropped by kernel\n"));
    });
    const program = connectSniffer(path(), "tcpdump", "/run/knockd", "");
    // However long its last words take.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    program.ask();
    program.end();
    program.ask();
    program.end();
    expect(await endOf(program)).toEqual({ words: "3 packets dropped by kernel\n", code: null, problem: undefined });
    expect(read).toBe("tcpdump /run/knockd\ndropped\n");
  });

  it("ends though systemd never takes it, and says so", async () => {
    deaf = spawn(process.execPath, ["-e", NEVER_ACCEPTS, path()], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((listens) => deaf?.stdout?.once("data", listens));
    const program = connectSniffer(path(), "tcpdump", "/run/knockd", "");
    const end = endOf(program);
    program.end();
    program.end();
    expect(await end).toEqual({ words: "", code: null, problem: `nobody answers on "${path()}"` });
  });

  it("ends though the program does not, with the words that there were", async () => {
    const accepted = new Promise<Socket>(listen);
    const program = connectSniffer(path(), "tcpdump", "/run/knockd", "");
    const end = endOf(program);
    const said = new Promise<void>((heard) => program.onWords(() => heard()));
    (await accepted).write("listening\n");
    await said;
    program.end();
    expect(await end).toEqual({ words: "listening\n", code: null, problem: undefined });
  });

  it("is closed when the program ends it", async () => {
    listen((connection) => connection.end());
    await endOf(connectSniffer(path(), "tcpdump", "/run/knockd", ""));
  });
});

/** The script as systemd runs it: the connection is its stdin, stdout and stderr, and what it leaves behind is ended. */
describe.skipIf(!root)("a sniffer that systemd starts", () => {
  const net = new Netns();
  const mains: ChildProcess[] = [];
  beforeAll(async () => {
    await net.add("here", "there");
    await net.veth(["here", "eth0", "10.9.0.1/24"], ["there", "eth0", "10.9.0.2/24"]);
    await net.veth(["here", ODD_NAME], ["there", "eth1"]);
  });
  afterAll(() => net.close());
  beforeEach(async () => {
    const script = scratch.pathOf("knockd-sniffer.sh");
    const ours = readFileSync("systemd/knockd-sniffer.sh", "utf8");
    scratch.write("knockd-sniffer.sh", ours.replace("/usr/lib/knockd/dist", join(import.meta.dirname, "../../dist")));
    chmodSync(script, 0o755);
    // Whatever the administrator calls it.
    mkdirSync(scratch.pathOf("run of knockd"));
    vi.stubEnv("RUNTIME_DIRECTORY", scratch.pathOf("run of knockd"));
    vi.stubEnv("KNOCKD_SNIFFER_SOCKET", path());
    listen((connection) => {
      const argv = ["netns", "exec", net.nameOf("here"), script];
      const main = spawn("ip", argv, { stdio: [connection, connection, connection], detached: true });
      const { pid = 0 } = main;
      main.on("exit", () => endGroup(pid));
      mains.push(main);
      connection.destroy();
    });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    for (const { pid = 0 } of mains.splice(0)) endGroup(pid);
    // The kernel takes its time to end a capture; the next test counts its own only.
    await soon(async () => expect(await programs()).toEqual([]));
  });

  const order = { interface: "eth0", filter: "tcp port 7000", snapBytes: 128 };
  const SNIFFERS = [
    ["tcpdump", sniffWithTcpdump],
    ["cap", sniffWithCap],
  ] as const;

  /** Everything that still runs in the namespace. */
  const programs = async (): Promise<string[]> => (await net.processes("here")).map(({ line }) => line);
  const frames = async (sniffer: Sniffer): Promise<() => number> => {
    let count = 0;
    const reader = new PcapReader(() => count++);
    sniffer.read((chunk) => reader.push(chunk));
    await soon(() => expect(reader.started).toBe(true));
    return () => count;
  };
  const knock = (port: number) => net.run("there", ["nc", "-z", "-w", "1", "10.9.0.1", String(port)]);

  it.each(SNIFFERS)(
    "captures what the filter says with %s, leaves no file, and ends when it is told to",
    async (_name, sniff) => {
      const sniffer = sniff(order);
      const end = endOf(sniffer);
      const count = await frames(sniffer);
      expect(readdirSync(scratch.pathOf("run of knockd"))).toEqual([]);
      await knock(7001);
      await knock(7000);
      await soon(() => expect(count()).toBe(2)); // The knock, and the answer that nobody is there.
      sniffer.end();
      expect(await end).toMatchObject({ code: null, problem: undefined });
      await soon(async () => expect(await programs()).toEqual([]));
    },
  );

  it.each(SNIFFERS)("says why %s cannot capture, and leaves neither file nor process", async (_name, sniff) => {
    const sniffer = sniff({ ...order, interface: "eth9" });
    const end = endOf(sniffer);
    sniffer.read(() => {});
    expect((await end).words).toMatch(/eth9: .*No such device/i);
    expect(readdirSync(scratch.pathOf("run of knockd"))).toEqual([]);
    await soon(async () => expect(await programs()).toEqual([]));
  });

  it.each(SNIFFERS)("captures with %s on an interface whatever its name", async (_name, sniff) => {
    const sniffer = sniff({ ...order, interface: ODD_NAME });
    const end = endOf(sniffer);
    await frames(sniffer);
    sniffer.end();
    await end;
  });

  it("tells as often as it is asked how many packets the kernel dropped", async () => {
    const sniffer = sniffWithTcpdump(order);
    let words = "";
    sniffer.onWords((said) => {
      words += said;
    });
    await frames(sniffer);
    // Before it has said so, being asked would end it.
    await soon(() => expect(words).toContain("listening on eth0"));
    const says = "tcpdump -i eth0 -p -n -s 128 -B 4096 --immediate-mode -U -F";
    expect(await programs()).toContainEqual(expect.stringMatching(`^${says}`));
    for (const times of [1, 2]) {
      sniffer.tellDropped?.();
      await soon(() => expect(words.match(/\d packets dropped by kernel/g)).toHaveLength(times));
    }
    sniffer.end();
  });

  it.each(["tcpdump", "the shell beside it"])("ends as a whole when %s is killed", async (what) => {
    const sniffer = sniffWithTcpdump(order);
    const end = endOf(sniffer);
    await frames(sniffer);
    // The shell that systemd has started, the one beside it, tcpdump.
    const all = await net.processes("here");
    expect(all).toHaveLength(3);
    const isMeant = ({ pid, line }: Process) =>
      (line.startsWith("tcpdump") ? "tcpdump" : pid !== mains[0]?.pid && "the shell beside it") === what;
    const meant = all.filter(isMeant);
    expect(meant).toHaveLength(1);
    for (const { pid } of meant) process.kill(pid, "SIGKILL");
    if (what !== "tcpdump") sniffer.end();
    await end;
    await soon(async () => expect(await programs()).toEqual([]));
  });

  it.each([
    ["tcpdump", "eth0 128 4096\n"],
    ["cap", `${JSON.stringify(order)}\n`],
  ])("ends with %s, too, when its daemon was killed before anybody opened the pipe", async (name, second) => {
    scratch.write("filter.pcap", order.filter);
    await succeed(5000, "mkfifo", scratch.pathOf("frames.pcap"));
    createConnection(path()).end(`${name} ${scratch.path}\n${second}`);
    await soon(() => expect(mains).toHaveLength(1));
    await soon(() => expect(mains[0]?.exitCode ?? mains[0]?.signalCode).not.toBeNull());
    await soon(async () => expect(await programs()).toEqual([]));
  });

  it("refuses an order that it does not know", async () => {
    const connection = createConnection(path()).setEncoding("utf8");
    connection.end("ls /run\n");
    let said = "";
    for await (const words of connection) said += words;
    expect(said).toBe('expected tcpdump or cap, got "ls"\n');
  });
});

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGTERM");
  } catch {
    // Nothing is left of it.
  }
}
