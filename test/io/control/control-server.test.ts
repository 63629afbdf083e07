// The control socket and its clients, honest and hostile, over real sockets.
import { statSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { CONTROL_VERSION, type Request, writeLine } from "../../../src/core/control/requests.ts";
import { EXIT, Failure } from "../../../src/core/exit.ts";
import { Backlog } from "../../../src/io/control/backlog.ts";
import { ask } from "../../../src/io/control/control-client.ts";
import { type Answer, READ_LIMIT_MS, REQUEST_LIMIT_MS } from "../../../src/io/control/control-connection.ts";
import { CLIENTS_MAX, Control } from "../../../src/io/control/control-server.ts";
import { memoryHeld } from "../../support/memory-held.ts";
import { Running } from "../../support/running.ts";
import { Scratch } from "../../support/scratch.ts";
import { soon } from "../../support/soon.ts";

const STATUS = '{"request":"status"}\n';
const MB = 1024 * 1024;
/** Before anybody has listened. */
const UMASK = process.umask();

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

let answer: Answer;
let control: Control;
const open: { destroy(): void }[] = [];

const path = (): string => scratch.pathOf("knockd.sock");

beforeEach(async () => {
  answer = async function* (request) {
    yield { you: request.request };
  };
  vi.stubEnv("RUNTIME_DIRECTORY", `${scratch.path}:/somewhere/else`);
  control = new Control((request, gone) => answer(request, gone), "1.2.3");
  expect(await control.listen(path())).toBeUndefined();
});
afterEach(() => {
  control.close();
  for (const each of open.splice(0)) each.destroy();
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

/** A client by hand: all that it hears, and when the daemon hangs up. */
function client(): {
  socket: Socket;
  heard: () => string;
  over: Promise<void>;
  until: (text: string) => Promise<void>;
} {
  const socket = connect({ path: path(), allowHalfOpen: true });
  open.push(socket);
  let heard = "";
  let look = (): void => {};
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    heard += chunk;
    look();
  });
  socket.on("error", () => {});
  const over = new Promise<void>((resolve) => socket.on("end", resolve).on("close", () => resolve()));
  const until = (text: string) =>
    new Promise<void>((resolve) => {
      look = () => (heard.includes(text) ? resolve() : undefined);
      look();
    });
  return { socket, heard: () => heard, over, until };
}

async function asked(request: Request = { request: "status" }): Promise<unknown[]> {
  const lines: unknown[] = [];
  for await (const line of ask(request, z.unknown())) lines.push(line);
  return lines;
}

describe("the control socket", () => {
  it("is for its owner alone", () => {
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

  it("is for its owner alone from the moment that it is there, and changes nothing for other files", () => {
    const other = new Control(() => answer({ request: "status" }, new AbortController().signal), "1");
    open.push({ destroy: () => other.close() });
    void other.listen(scratch.pathOf("other.sock"));
    // Not one turn of the event loop later.
    expect(statSync(scratch.pathOf("other.sock")).mode & 0o777).toBe(0o600);
    expect(process.umask()).toBe(UMASK);
  });

  it("takes the place of what a killed daemon left", async () => {
    const bind = `require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, 9))`;
    await new Running([process.execPath, "-e", bind, scratch.pathOf("stale.sock")]).ended();
    expect(statSync(scratch.pathOf("stale.sock")).isSocket()).toBe(true);
    const other = new Control(() => answer({ request: "status" }, new AbortController().signal), "1");
    open.push({ destroy: () => other.close() });
    expect(await other.listen(scratch.pathOf("stale.sock"))).toBeUndefined();
    const socket = connect(scratch.pathOf("stale.sock"));
    open.push(socket);
    await new Promise((resolve, reject) => socket.once("data", resolve).once("error", reject));
  });

  it("says why there is no listening, and throws nothing", async () => {
    const other = new Control(() => answer({ request: "status" }, new AbortController().signal), "1");
    expect(await other.listen(scratch.pathOf("no/such/directory.sock"))).toBeInstanceOf(Error);
    expect(await other.listen(scratch.pathOf("x".repeat(200)))).toBeInstanceOf(Error);
  });

  it("greets with its version, answers one request, and hangs up", async () => {
    const { socket, heard, over } = client();
    socket.write(STATUS);
    await over;
    expect(heard()).toBe(`{"knockd":${CONTROL_VERSION},"version":"1.2.3"}\n{"answer":{"you":"status"}}\n`);
  });

  it("answers a client that ends its side with its request", async () => {
    answer = async function* () {
      await new Promise((resolve) => setTimeout(resolve, 20));
      yield "later";
    };
    const { socket, heard, over } = client();
    socket.end(STATUS);
    await over;
    expect(heard()).toContain('{"answer":"later"}');
  });

  it("hears a request that comes byte by byte", async () => {
    const { socket, heard, over } = client();
    for (const byte of STATUS) await new Promise((resolve) => socket.write(byte, resolve));
    await over;
    expect(heard()).toContain('{"you":"status"}');
  });

  it("waits for an answer that takes longer than asking may", async () => {
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    answer = async function* () {
      yield "begun";
      await finished;
      yield "done";
    };
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { socket, heard, until, over } = client();
    socket.write(STATUS);
    await until("begun");
    await vi.advanceTimersByTimeAsync(10 * REQUEST_LIMIT_MS);
    finish();
    await over;
    expect(heard()).toMatch(/"begun"\}\n\{"answer":"done"\}\n$/);
  });

  it("gives as many lines as the answer has", async () => {
    answer = async function* () {
      for (let line = 0; line < 3; line++) yield { line };
    };
    expect(await asked()).toEqual([{ line: 0 }, { line: 1 }, { line: 2 }]);
  });

  it("hands on a failure as it is, and calls our own mistakes by their name", async () => {
    // biome-ignore lint/correctness/useYield: it fails before it says anything.
    answer = async function* () {
      throw new Failure(EXIT.CONFIG, "line 1\nline 2", "do it");
    };
    await expect(asked()).rejects.toMatchObject({ code: EXIT.CONFIG, message: "line 1\nline 2", hint: "do it" });
    // biome-ignore lint/correctness/useYield: it fails before it says anything.
    answer = async function* () {
      throw new TypeError("oops");
    };
    await expect(asked()).rejects.toMatchObject({ code: EXIT.SOFTWARE, message: "internal error: oops" });
    answer = async function* () {
      yield "fine";
    };
    expect(await asked()).toEqual(["fine"]);
  });

  it("tells who is still there when it closes", async () => {
    const { until, over } = client();
    await until("knockd");
    control.close();
    await over;
  });
});

describe("a hostile client", () => {
  it.each([
    ["no JSON", "hello\n"],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00, 0x0a])],
    ["an unknown request", '{"request":"shutdown"}\n'],
    ["two requests", STATUS + STATUS],
    ["a tower of brackets", `${"[".repeat(4000)}\n`],
  ])("is told off, and hung up on: %s", async (_name, bytes) => {
    const { socket, heard, over } = client();
    socket.write(bytes);
    await over;
    expect(heard()).toMatch(/\n\{"error":\{"code":69,"message":"expected .*\n$/);
    expect(await asked()).toEqual([{ you: "status" }]);
  });

  it("with a line of 100 MB is hung up on after 4 KB of it, and costs no memory", async () => {
    const { socket, heard, over } = client();
    const before = held();
    let sent = 0;
    const chunk = Buffer.alloc(MB / 16, "x");
    while (sent < 100 * MB && !socket.destroyed && socket.writable) {
      const taken = await new Promise<boolean>((resolve) => socket.write(chunk, (error) => resolve(!error)));
      if (!taken) break;
      sent += chunk.length;
    }
    await over;
    expect(sent).toBeLessThan(2 * MB);
    expect(heard()).toContain("a line is longer than 4096 bytes");
    expect(held() - before).toBeLessThan(50 * MB);
  });

  it("that asks and goes on talking is hung up on", async () => {
    let ended = false;
    answer = async function* (_request, gone) {
      yield "begun";
      await new Promise((resolve) => gone.addEventListener("abort", resolve));
      ended = true;
    };
    const { socket, until, over } = client();
    socket.write(STATUS);
    await until("begun");
    socket.write("x".repeat(10));
    await over;
    await soon(() => expect(ended).toBe(true));
  });

  it("that went before its answer came does no harm", async () => {
    let ended = false;
    answer = async function* (_request, gone) {
      await new Promise((resolve) => gone.addEventListener("abort", resolve));
      try {
        for (let line = 0; line < 100; line++) yield "nobody reads this";
      } finally {
        ended = true;
      }
    };
    const { socket, until } = client();
    await until("knockd");
    socket.write(STATUS, () => socket.destroy());
    await soon(() => expect(ended).toBe(true));
    answer = async function* () {
      yield "still there";
    };
    expect(await asked()).toEqual(["still there"]);
  });

  it("that never asks is hung up on after a while", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { heard, until, over } = client();
    await until("knockd");
    await vi.advanceTimersByTimeAsync(REQUEST_LIMIT_MS - 1);
    expect(heard()).not.toContain("error");
    await vi.advanceTimersByTimeAsync(1);
    await over;
    expect(heard()).toContain("no request came in time");
  });

  it("that does not read its answer makes us keep one line of it, and is hung up on after a while", async () => {
    let lines = 0;
    let ended = false;
    answer = async function* () {
      try {
        for (; lines < 100_000; lines++) yield "x".repeat(10_000);
      } finally {
        ended = true;
      }
    };
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const socket = connect(path());
    open.push(socket);
    socket.pause();
    socket.write(STATUS);
    await settled(() => lines);
    // What the kernel takes for a client: some 200 KB.
    expect(lines).toBeGreaterThan(1);
    expect(lines).toBeLessThan(200);
    await vi.advanceTimersByTimeAsync(READ_LIMIT_MS);
    await soon(() => expect(ended).toBe(true));
    expect(lines).toBeLessThan(200);
  });

  it("that watches and does not read is not hung up on: its terminal may be stopped", async () => {
    let lines = 0;
    answer = async function* () {
      for (; lines < 100; lines++) yield "x".repeat(10_000);
    };
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const socket = connect(path());
    open.push(socket);
    socket.pause();
    socket.write('{"request":"watch"}\n');
    await settled(() => lines);
    await vi.advanceTimersByTimeAsync(10 * READ_LIMIT_MS);
    let heard = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      heard += chunk;
    });
    await new Promise((resolve) => socket.resume().on("end", resolve));
    expect(heard.trim().split("\n")).toHaveLength(101);
  });

  it("that goes in the middle of an answer ends it", async () => {
    let ended = false;
    const backlog = new Backlog<string>();
    answer = async function* (_request, gone) {
      gone.addEventListener("abort", () => backlog.end());
      try {
        yield* backlog.take();
      } finally {
        ended = true;
      }
    };
    const { socket, until } = client();
    socket.write(STATUS);
    backlog.say("hello");
    await until("hello");
    socket.destroy();
    await soon(() => expect(ended).toBe(true));
  });

  it("is one of a thousand: all are dealt with, and then the next is answered", async () => {
    const clients = Array.from({ length: 1000 }, client);
    // While they stand there without a word, who asks is heard.
    await clients[0]?.until("knockd");
    expect(await asked()).toEqual([{ you: "status" }]);
    for (const { socket } of clients) socket.destroy();
    expect(await asked()).toEqual([{ you: "status" }]);
  });

  it("is one of too many that all have asked: the next is told so", async () => {
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    answer = async function* () {
      yield "begun";
      await ended;
    };
    for (let number = 0; number < CLIENTS_MAX; number++) {
      const { socket, until } = client();
      socket.write(STATUS);
      await until("begun");
    }
    await expect(asked()).rejects.toMatchObject({ message: `too many clients, at most ${CLIENTS_MAX} at a time` });
    end();
    await soon(async () => expect(await asked()).toEqual(["begun"]));
  });
});

describe("knockd's own client", () => {
  const serve = async (greeting: string): Promise<void> => {
    control.close();
    const server = createServer((socket) => {
      open.push(socket);
      socket.on("error", () => {});
      socket.write(greeting);
    });
    open.push({ destroy: () => server.close() });
    await new Promise<void>((resolve) => server.listen(path(), resolve));
  };

  it("says that no daemon runs, and how to start it: without a socket, and with a dead one", async () => {
    control.close();
    const failure = { code: EXIT.UNAVAILABLE, message: expect.stringContaining("no knockd is running") };
    await expect(asked()).rejects.toMatchObject({
      ...failure,
      hint: expect.stringContaining("systemctl start knockd"),
    });
    // Bound by a process that is gone, as after a SIGKILL.
    const bind = `require("net").createServer().listen(${JSON.stringify(path())}, () => process.kill(process.pid, 9))`;
    await new Running([process.execPath, "-e", bind]).ended();
    expect(statSync(path()).isSocket()).toBe(true);
    await expect(asked()).rejects.toMatchObject(failure);
  });

  it("says so when the daemon is of another version", async () => {
    await serve('{"knockd":2,"version":"9.0.0"}\n');
    await expect(asked()).rejects.toMatchObject({
      code: EXIT.UNAVAILABLE,
      message: "the running knockd 9.0.0 speaks version 2 of the control protocol, this one speaks 1",
      hint: expect.stringContaining("restart"),
    });
  });

  it("says so when what listens there is no knockd", async () => {
    await serve("SSH-2.0-OpenSSH_9.2\n");
    await expect(asked()).rejects.toMatchObject({
      code: EXIT.UNAVAILABLE,
      message: expect.stringContaining("does not greet"),
    });
  });

  it("does not take a greeting without an end", async () => {
    await serve("x".repeat(3 * MB));
    await expect(asked()).rejects.toMatchObject({ message: expect.stringContaining("a line is longer than") });
  });

  it("does not wait for a daemon that hangs", async () => {
    await serve("");
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const result = expect(asked()).rejects.toMatchObject({ message: expect.stringContaining("does not answer") });
    await vi.advanceTimersByTimeAsync(5000);
    await result;
  });

  it("does not take an answer of another shape", async () => {
    await serve(writeLine({ knockd: 1, version: "1" }) + writeLine({ answer: 7 }));
    const answers = ask({ request: "status" }, z.object({ said: z.string() }));
    await expect(answers.next()).rejects.toMatchObject({ code: EXIT.SOFTWARE });
  });
});

function held(): number {
  const { heapUsed, external } = memoryHeld();
  return heapUsed + external;
}

/** Waits until a number does not grow any more. */
async function settled(look: () => number): Promise<void> {
  for (let before = -1, still = 0; still < 50; ) {
    await new Promise((resolve) => setImmediate(resolve));
    still = look() === before && before > 0 ? still + 1 : 0;
    before = look();
  }
}
