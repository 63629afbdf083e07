// One client of the control socket: it is greeted, asks one thing, is answered, and the connection ends. Nothing that it does or leaves undone holds
// anybody else up, or makes us keep more than a line for it.
import type { Socket } from "node:net";
import {
  CONTROL_VERSION,
  type Line,
  REQUEST_BYTES_MAX,
  type Request,
  readRequest,
  writeLine,
} from "../../core/control/requests.ts";
import { EXIT, Failure } from "../../core/exit.ts";
import { LineSplitter } from "../../core/text/line-splitter.ts";
import { reasonOf } from "../../core/text/words.ts";

/**
 * The answer to a request, line by line: the next line is asked for once the client has taken the last. An answer without an
 * end looks at `gone`. A Failure that it throws is the client's answer, too.
 */
export type Answer = (request: Request, gone: AbortSignal) => AsyncIterable<unknown>;

/** How long a client may take to say what it wants. */
export const REQUEST_LIMIT_MS = 5000;
/** How long it may take to read a line. */
export const READ_LIMIT_MS = 10_000;
/** Whose answer comes as things happen may take as long as it likes: a stopped terminal is no reason to hang up. */
const PATIENT: ReadonlySet<string> = new Set(["watch"]);

const ONE_REQUEST = "expected one request a connection";

export class ControlConnection {
  readonly #socket: Socket;
  readonly #answer: Answer;
  readonly #lines = new LineSplitter(REQUEST_BYTES_MAX);
  readonly #gone = new AbortController();
  #deadline: NodeJS.Timeout | undefined;
  #asking = true;
  #ended: () => void = () => {};

  constructor(socket: Socket, answer: Answer) {
    this.#socket = socket;
    this.#answer = answer;
  }

  /** It has not said yet what it wants. */
  get asking(): boolean {
    return this.#asking;
  }

  /** Resolves when the client has gone. */
  start(version: string): Promise<void> {
    this.#socket.setEncoding("utf8");
    // A client that was killed breaks the pipe; `close` follows.
    this.#socket.on("error", () => {});
    this.#socket.on("data", (chunk: string) => this.#hear(chunk));
    // A client may end its side once it has asked, as `echo ... | nc -U` does, and wait for the answer.
    this.#socket.on("end", () => this.#heardAll());
    this.#deadline = setTimeout(() => this.refuse("no request came in time"), REQUEST_LIMIT_MS);
    this.#socket.write(writeLine({ knockd: CONTROL_VERSION, version }));
    return new Promise((resolve) => {
      this.#ended = resolve;
      this.#socket.on("close", () => this.#over());
    });
  }

  /** Says why, and hangs up. */
  refuse(message: string): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(writeLine({ error: { code: EXIT.UNAVAILABLE, message } }));
    this.#hangUp();
  }

  /** What was written and fits into the kernel's buffer still reaches the client. */
  #hangUp(): void {
    this.#socket.destroy();
    this.#over();
  }

  #over(): void {
    clearTimeout(this.#deadline);
    this.#gone.abort();
    this.#ended();
  }

  #hear(chunk: string): void {
    // One request a connection: who goes on talking would have to be heard out.
    if (!this.#asking) return this.refuse(ONE_REQUEST);
    try {
      const [line, more] = this.#lines.push(chunk);
      if (line === undefined) return;
      const request = readRequest(line);
      if (more !== undefined) this.refuse(ONE_REQUEST);
      else if (request === undefined)
        this.refuse("expected a request as one line of JSON, this one is none that is known");
      else void this.#tell(request);
    } catch (error) {
      this.refuse(reasonOf(error));
    }
  }

  #heardAll(): void {
    if (this.#asking) this.#hangUp();
    else this.#gone.abort();
  }

  async #tell(request: Request): Promise<void> {
    clearTimeout(this.#deadline);
    this.#asking = false;
    const limitMs = PATIENT.has(request.request) ? undefined : READ_LIMIT_MS;
    try {
      for await (const answer of this.#answer(request, this.#gone.signal)) {
        if (!(await this.#write({ answer }, limitMs))) return;
      }
    } catch (error) {
      if (!(await this.#write({ error: errorOf(error) }, READ_LIMIT_MS))) return;
    }
    // The kernel has it all; the client may take its time to read it.
    this.#hangUp();
  }

  /** Resolves when the kernel has the line: to whether the client is still there. */
  async #write(line: Line, limitMs: number | undefined): Promise<boolean> {
    if (limitMs !== undefined) this.#deadline = setTimeout(() => this.#hangUp(), limitMs);
    await new Promise<void>((resolve) => void this.#socket.write(writeLine(line), () => resolve()));
    clearTimeout(this.#deadline);
    // A long answer must not keep knocks waiting.
    await new Promise((resolve) => setImmediate(resolve));
    return !this.#socket.destroyed;
  }
}

function errorOf(error: unknown): Extract<Line, { error: unknown }>["error"] {
  if (!(error instanceof Failure)) return { code: EXIT.SOFTWARE, message: `internal error: ${reasonOf(error)}` };
  const { code, message, hint } = error;
  return hint === undefined ? { code, message } : { code, message, hint };
}
