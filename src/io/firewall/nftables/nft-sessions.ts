// The sessions at hidden ports: those that were there before hiding began, and those that came in through a door.
//
// Connection tracking may not know a session: it had not been used before us, it was flushed, or it is told to leave the port
// alone. So each is kept by its four numbers in a set, whose timeout use refreshes. A packet of nobody's session, whatever its
// flags, does not come in.
import { readFile } from "node:fs/promises";
import { type TcpSession, tcpSessionsIn } from "../../../core/tcp-sessions.ts";
import { FAMILIES, TABLE } from "./nft-names.ts";

/** As long as connection tracking believes in a silent one (nf_conntrack_tcp_timeout_established). */
const KEPT = "5d";
/** BOUNDED: sessions in each set. */
const SESSIONS_MAX = 65_536;

/** How rules name the session of a packet that comes in. */
export function formOf(ip: "ip" | "ip6"): string {
  return `${ip} saddr . tcp sport . ${ip} daddr . tcp dport`;
}

/** The sets, and in them what has begun before its port is hidden. */
export function sessionStatements(begun: readonly TcpSession[], isNew: boolean): string[] {
  return FAMILIES.flatMap(({ family, type, sessions }) => {
    const set = `${TABLE} ${sessions}`;
    const elements = begun
      .filter((session) => session.family === family)
      .slice(0, SESSIONS_MAX)
      .map(({ remote, remotePort, local, localPort }) => `${remote} . ${remotePort} . ${local} . ${localPort}`);
    const kind = `type ${type} . inet_service . ${type} . inet_service`;
    return [
      `add set ${set} { ${kind}; flags dynamic, timeout; timeout ${KEPT}; gc-interval 1m; size ${SESSIONS_MAX}; }`,
      ...(isNew ? [`flush set ${set}`] : []),
      ...(elements.length > 0 ? [`add element ${set} { ${elements.join(", ")} }`] : []),
    ];
  });
}

/** What the kernel has now at these local ports. A kernel without IPv6 has no table for it. */
export async function tcpSessionsAt(ports: ReadonlySet<number>): Promise<TcpSession[]> {
  if (ports.size === 0) return [];
  const paths = ["/proc/net/tcp", "/proc/net/tcp6"];
  const tables = await Promise.all(paths.map((path) => readFile(path, "latin1").catch(() => "")));
  return tables.flatMap((table) => tcpSessionsIn(table, ports));
}
