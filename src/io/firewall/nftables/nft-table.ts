// Whether there is such a table, and the kernel's number of it: the kernel says so at once, where nft would have to be started.
import { libc } from "../../netlink/libc.ts";
import { errorOf, NetlinkWriter } from "../../netlink/netlink-message.ts";
import { NetlinkSocket } from "../../netlink/netlink-socket.ts";
import { askTable, handleOf, NETLINK_NETFILTER, setNameOf } from "./nft-wire.ts";

export const NO_TABLE = "none";
/** The longest name there is takes less. */
const MESSAGE_BYTES_MAX = 1024;
const ENOENT = 2;

/** `inet knockd` -> its number, as nft writes it, or NO_TABLE; undefined where the kernel cannot be asked, and nft has to be. */
export async function tableHandle(words: string): Promise<string | undefined> {
  const calls = await libc();
  const name = setNameOf(words);
  if ("problem" in calls || name === undefined) return undefined;
  try {
    const socket = new NetlinkSocket(calls, NETLINK_NETFILTER);
    try {
      const answers = socket.request(askTable(new NetlinkWriter(MESSAGE_BYTES_MAX), name, 1));
      if (answers.some((answer) => errorOf(answer) === ENOENT)) return NO_TABLE;
      return answers.map(handleOf).find((handle) => handle !== undefined);
    } finally {
      socket.close();
    }
  } catch {
    // Not allowed, say. nft is not either, and has words for it.
    return undefined;
  }
}
