// The C library's calls for netlink sockets, locks and named pipes, which Node does not have: through koffi, in this process,
// without waiting.
//
// What the kernel may answer cannot harm us: it writes into buffers of ours, no more than their length that we tell it, and
// the bytes are then read with every bound checked. koffi itself is handed integers and buffers only; nothing that a stranger
// chose decides a length, an address or a name here. A kernel that does not answer at all cannot hold us up either: whatever
// a request has as an answer lies in the socket when the call that sent it returns, and no call waits for more.
import { reasonOf } from "../../core/text/words.ts";

/** Integers, and -1 where errno(3) says more. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(socket: number, address: Uint8Array, length: number): number;
  connect(socket: number, address: Uint8Array, length: number): number;
  send(socket: number, bytes: Uint8Array, length: number, flags: number): number;
  recv(socket: number, bytes: Uint8Array, length: number, flags: number): number;
  close(socket: number): number;
  flock(file: number, operation: number): number;
  mkfifo(path: string, mode: number): number;
  errno(): number;
  /** Calls back whenever the socket has something to read, until what it gives is called. */
  watch(socket: number, readable: () => void): () => void;
}

/** glibc's name, and the one that musl links it to. */
const NAMES = ["libc.so.6", "libc.so"];
/** Nothing that we call needs more of its own stack and heap than this. */
const STACK_BYTES = 64 * 1024;

let loading: Promise<Libc | { readonly problem: string }> | undefined;
let loaded: Libc | undefined;

/** Loaded once. Where koffi is not installed, or not for this machine, it says why. */
export function libc(): Promise<Libc | { readonly problem: string }> {
  loading ??= load().catch((error: unknown) => ({ problem: reasonOf(error).split("\n")[0] ?? "" }));
  return loading;
}

/** For who cannot wait: undefined also where nobody has asked for it before. */
export function libcIfLoaded(): Libc | undefined {
  return loaded;
}

async function load(): Promise<Libc> {
  const { default: koffi } = await import("koffi");
  koffi.config({ sync_stack_size: STACK_BYTES, sync_heap_size: STACK_BYTES });
  const library = loadAny(koffi.load);
  loaded = {
    socket: library.func("int socket(int, int, int)"),
    bind: library.func("int bind(int, const void *, uint32_t)"),
    connect: library.func("int connect(int, const void *, uint32_t)"),
    send: library.func("intptr_t send(int, const void *, size_t, int)"),
    recv: library.func("intptr_t recv(int, void *, size_t, int)"),
    close: library.func("int close(int)"),
    flock: library.func("int flock(int, int)"),
    mkfifo: library.func("int mkfifo(const char *, uint32_t)"),
    errno: () => koffi.errno(),
    watch: (socket, readable) => {
      const handle = koffi.node.poll(socket, { readable: true }, readable);
      return () => handle.close();
    },
  };
  return loaded;
}

function loadAny<T>(open: (name: string) => T): T {
  const [first = "", second = ""] = NAMES;
  try {
    return open(first);
  } catch {
    return open(second);
  }
}
