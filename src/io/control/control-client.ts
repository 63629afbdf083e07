// The other end of the control socket: asks the running daemon, and turns every way that can fail into words and an exit code.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type * as z from "zod";
import {
  CONTROL_VERSION,
  LINE_BYTES_MAX,
  type Request,
  readGreeting,
  readLine,
  writeLine,
} from "../../core/control/requests.ts";
import { EXIT, Failure } from "../../core/exit.ts";
import { LineSplitter } from "../../core/text/line-splitter.ts";
import { reasonOf } from "../../core/text/words.ts";
import { pause } from "../pause.ts";
import { controlPath } from "../state/directories.ts";

/** A daemon that lives greets at once. */
const GREETING_LIMIT_MS = 5000;
/** While a crowd of others wants in, the kernel sends us away at once. */
const DIAL_TRIES = 50;
const DIAL_AGAIN_MS = 40;

/** The daemon's answer, line by line. Throws a Failure: its own, UNAVAILABLE without a daemon, NO_PERMISSION without the right. */
export async function* ask<T>(request: Request, schema: z.ZodType<T>): AsyncGenerator<T, void> {
  const path = controlPath();
  const socket = await dial(path);
  try {
    const lines = linesOf(socket, path);
    greeted((await lines.next()).value ?? "", path);
    socket.setTimeout(0);
    socket.write(writeLine(request));
    for await (const text of lines) {
      const line = readLine(text);
      if (line !== undefined && "error" in line)
        throw new Failure(line.error.code, line.error.message, line.error.hint);
      const answer = schema.safeParse(line?.answer);
      if (!answer.success) throw new Failure(EXIT.SOFTWARE, `knockd's answer is not understood: ${text.slice(0, 200)}`);
      yield answer.data;
    }
  } finally {
    socket.destroy();
  }
}

async function dial(path: string): Promise<Socket> {
  for (let tries = 1; ; tries++) {
    const socket = connect(path);
    try {
      await once(socket, "connect");
      return socket;
    } catch (error) {
      if (!(codeOf(error) === "EAGAIN" && tries < DIAL_TRIES)) throw failureOf(error, path);
      await pause(DIAL_AGAIN_MS);
    }
  }
}

async function* linesOf(socket: Socket, path: string): AsyncGenerator<string, void> {
  const splitter = new LineSplitter(LINE_BYTES_MAX);
  socket.setEncoding("utf8");
  socket.setTimeout(GREETING_LIMIT_MS, () => socket.destroy(new Error("knockd does not answer")));
  try {
    for await (const chunk of socket) yield* splitter.push(chunk);
  } catch (error) {
    throw failureOf(error, path);
  }
}

function greeted(text: string, path: string): void {
  const greeting = readGreeting(text);
  if (greeting === undefined)
    throw new Failure(EXIT.UNAVAILABLE, `what listens on ${JSON.stringify(path)} does not greet as knockd does`);
  if (greeting.knockd === CONTROL_VERSION) return;
  throw new Failure(
    EXIT.UNAVAILABLE,
    `the running knockd ${greeting.version} speaks version ${greeting.knockd} of the control protocol, this one speaks ${CONTROL_VERSION}`,
    "restart the daemon, so that both are the same: systemctl restart knockd",
  );
}

function failureOf(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ECONNREFUSED")
    return new Failure(EXIT.UNAVAILABLE, `no knockd is running: nobody listens on ${JSON.stringify(path)}`, START_IT);
  if (code === "EACCES" || code === "EPERM")
    return new Failure(
      EXIT.NO_PERMISSION,
      `no permission to talk to knockd at ${JSON.stringify(path)}`,
      "run it as root",
    );
  return new Failure(EXIT.UNAVAILABLE, `cannot talk to knockd at ${JSON.stringify(path)}: ${reasonOf(error)}`);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

const START_IT = "systemctl start knockd; one with a directory of its own is found by RUNTIME_DIRECTORY";
