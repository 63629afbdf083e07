// What the kernel tells unasked, heard in this process: a program that listens for us would be one more to start and to keep.
import { libc } from "./libc.ts";
import type { NetlinkMessage } from "./netlink-message.ts";
import { NetlinkSocket } from "./netlink-socket.ts";

/** Hears what came; `missed` says that there was more. */
export type Hear = (news: readonly NetlinkMessage[], missed: boolean) => void;

/**
 * Calls back from now on with what the kernel tells these groups, until what it resolves to is called. Undefined where there
 * is no listening: without koffi, or without the privilege.
 */
export async function followNews(protocol: number, groups: number, hear: Hear): Promise<(() => void) | undefined> {
  const calls = await libc();
  if ("problem" in calls) return undefined;
  try {
    const socket = new NetlinkSocket(calls, protocol, groups);
    socket.watch(() => {
      const { messages, missed } = received(socket);
      hear(messages, missed);
    });
    return () => socket.close();
  } catch {
    return undefined;
  }
}

/** Whatever else goes wrong, something may have been missed. */
function received(socket: NetlinkSocket): ReturnType<NetlinkSocket["receive"]> {
  try {
    return socket.receive();
  } catch {
    return { messages: [], missed: true };
  }
}
