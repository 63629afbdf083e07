// The control socket: who may connect, and how many at a time; each client is a connection.
import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { type Answer, ControlConnection } from "./control-connection.ts";

/** BOUNDED: clients at a time. Past it whoever has connected and not asked for anything makes room, the oldest first. */
export const CLIENTS_MAX = 64;
/** What fits into a sockaddr_un (unix(7)); a longer path would be cut, in silence. */
const PATH_BYTES_MAX = 107;
/** For us alone: connecting takes the right to write. */
const PRIVATE_UMASK = 0o177;

export class Control {
  readonly #answer: Answer;
  readonly #version: string;
  readonly #server: Server;
  /** From the oldest. BOUNDED: CLIENTS_MAX. */
  readonly #connections = new Set<ControlConnection>();

  constructor(answer: Answer, version: string) {
    this.#answer = answer;
    this.#version = version;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => void this.#receive(socket));
  }

  /** Resolves to what the kernel says if there is no listening. Whoever calls this holds the directory: what lies there is dead. */
  async listen(path: string): Promise<unknown> {
    if (Buffer.byteLength(path) > PATH_BYTES_MAX)
      return new RangeError(`its path is longer than ${PATH_BYTES_MAX} bytes: ${JSON.stringify(path)}`);
    return await new Promise((resolve) => {
      // Later ones, such as a want of descriptors, pass.
      this.#server.on("error", resolve);
      // Node binds before it returns, so the socket is never anybody else's, not even for a moment.
      const umask = process.umask(PRIVATE_UMASK);
      try {
        rmSync(path, { force: true });
        this.#server.listen(path, () => resolve(undefined));
      } catch (error) {
        resolve(error);
      } finally {
        process.umask(umask);
      }
    });
  }

  close(): void {
    this.#server.close();
    for (const connection of this.#connections) connection.refuse("knockd is shutting down");
  }

  async #receive(socket: Socket): Promise<void> {
    const connection = new ControlConnection(socket, this.#answer);
    const ended = connection.start(this.#version);
    if (!this.#hasRoom()) return connection.refuse(`too many clients, at most ${CLIENTS_MAX} at a time`);
    this.#connections.add(connection);
    await ended;
    this.#connections.delete(connection);
  }

  #hasRoom(): boolean {
    if (this.#connections.size < CLIENTS_MAX) return true;
    const idle = [...this.#connections].find(({ asking }) => asking);
    idle?.refuse("others are waiting");
    // It leaves the set only in a moment.
    if (idle !== undefined) this.#connections.delete(idle);
    return idle !== undefined;
  }
}
