// A netlink socket: what is sent is done, and answered, when the call returns; what the kernel tells unasked calls back.
import type { Libc } from "./libc.ts";
import { messagesIn, type NetlinkMessage } from "./netlink-message.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const ADDRESS_BYTES = 12;
const ENOBUFS = 105;
const EAGAIN = 11;
const EINTR = 4;

/** What the kernel sends in one piece is no longer (NLMSG_GOODSIZE); a longer one is cut, and what is cut is not read. */
const RECEIVE_BYTES = 32 * 1024;
/** BOUNDED: pieces that one turn of the loop reads. What is left wakes us again. */
const RECEIVES_MAX = 64;

export class NetlinkSocket {
  readonly #libc: Libc;
  readonly #socket: number;
  readonly #received = new Uint8Array(RECEIVE_BYTES);
  #unwatch: () => void = () => {};

  /** `groups` is a bit for each group whose news are wanted. Throws what errno(3) says. */
  constructor(libc: Libc, protocol: number, groups = 0) {
    this.#libc = libc;
    this.#socket = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (this.#socket < 0) throw this.#error("socket");
    const [own, kernel] = [address(groups), address(0)];
    if (libc.bind(this.#socket, own, own.length) < 0) throw this.#closedFor("bind");
    // Connected to the kernel, the socket takes nothing from another process (af_netlink.c, netlink_getsockbyportid).
    if (libc.connect(this.#socket, kernel, kernel.length) < 0) throw this.#closedFor("connect");
  }

  /** What the kernel answers, all of it; it does the work within the call. Throws what errno(3) says. */
  request(bytes: Uint8Array): NetlinkMessage[] {
    const sent = this.#libc.send(this.#socket, bytes, bytes.length, 0);
    if (sent !== bytes.length) throw this.#error("send");
    const { messages, missed } = this.receive();
    if (missed) throw new Error("netlink: more answers than the socket could hold");
    return messages;
  }

  /** What has come; `missed` if the kernel had more to tell than the socket could hold. Valid until the next call. */
  receive(): { readonly messages: NetlinkMessage[]; readonly missed: boolean } {
    const messages: NetlinkMessage[] = [];
    for (let count = 0; count < RECEIVES_MAX; count++) {
      const length = this.#libc.recv(this.#socket, this.#received, this.#received.length, MSG_DONTWAIT);
      if (length >= 0) messages.push(...messagesIn(this.#received.slice(0, length)));
      else if (this.#libc.errno() === ENOBUFS) return { messages, missed: true };
      else if (this.#libc.errno() === EAGAIN) return { messages, missed: false };
      else if (this.#libc.errno() !== EINTR) throw this.#error("recv");
    }
    return { messages, missed: false };
  }

  /** Calls back whenever there is something to receive. */
  watch(readable: () => void): void {
    this.#unwatch = this.#libc.watch(this.#socket, readable);
  }

  close(): void {
    this.#unwatch();
    this.#libc.close(this.#socket);
  }

  #closedFor(call: string): Error {
    const error = this.#error(call);
    this.#libc.close(this.#socket);
    return error;
  }

  #error(call: string): Error {
    return new Error(`netlink: ${call}: error ${this.#libc.errno()}`);
  }
}

/** struct sockaddr_nl: the family, two bytes of nothing, a port for the kernel to choose, the groups. */
function address(groups: number): Uint8Array {
  const bytes = new Uint8Array(ADDRESS_BYTES);
  new Uint16Array(bytes.buffer, 0, 1)[0] = AF_NETLINK;
  new Uint32Array(bytes.buffer, 8, 1)[0] = groups;
  return bytes;
}
