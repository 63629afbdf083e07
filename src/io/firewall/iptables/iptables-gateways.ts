// The iptables rules of openings that lead to a host behind this one. The sets that let a knocker in also steer him on, so
// the kernel ends both at the same moment; a connection that is made keeps its translation until its own end.
import type { Family } from "../../../core/address.ts";
import type { Network } from "../../../core/config/config.ts";
import type { Door } from "../../../core/door.ts";
import { formatInside, formatOpening, type GatewayOpening, leadsOn, serves } from "../../../core/opening.ts";
import { allowedRules, knockers, match } from "./iptables-rules.ts";

export interface Gate {
  readonly door: Door;
  readonly opening: GatewayOpening;
}

/** The openings that lead knockers of this family on. */
export function gatesOf(doors: readonly Door[], family: Family): Gate[] {
  return doors.flatMap((door) =>
    door.open
      .filter(leadsOn)
      .filter((opening) => serves(opening, family))
      .map((opening) => ({ door, opening })),
  );
}

/**
 * Only what was addressed to this machine is led on: who talks to another host through us meets that host. A stranger's packet
 * is not translated, so it ends where those to every hidden port end, in INPUT. Where two doors lead from one port to two
 * hosts, the first in the file counts for who has opened both.
 */
export function leadOnRules(gates: readonly Gate[], family: Family): string[] {
  return gates.flatMap(({ door, opening }) =>
    knockers(door, family).map(
      (knocker) =>
        `${match(opening)} -m addrtype --dst-type LOCAL ${knocker} -j DNAT --to-destination ${formatInside(opening.to)}`,
    ),
  );
}

/**
 * A SYN that the tracking takes for part of an old connection is translated like one, past the closed door: only who is let in
 * may send one, however old. He, and what belongs to his connections, is accepted whatever the administrator's rules say.
 */
export function forwardRules(gates: readonly Gate[], allow: readonly Network[], family: Family): string[] {
  const ways = [...new Map(gates.map(({ opening }) => [formatOpening(opening), wayThrough(opening)])).values()];
  const established = "-m conntrack --ctstate ESTABLISHED,RELATED";
  return [
    ...gates.flatMap(({ door, opening }) =>
      knockers(door, family).map((knocker) => `${wayThrough(opening)} ${knocker} -j ACCEPT`),
    ),
    ...ways.flatMap((way) => [
      `! -p tcp ${established} ${way} -j ACCEPT`,
      `-p tcp ! --tcp-flags SYN,ACK SYN ${established} ${way} -j ACCEPT`,
    ]),
    ...allowedRules(allow, family),
    ...ways.map((way) => `${way} -j DROP`),
  ];
}

export function masqueradeRules(gates: readonly Gate[], family: Family): string[] {
  return gates
    .filter(({ opening }) => opening.to.masquerade)
    .flatMap(({ door, opening }) =>
      knockers(door, family).map((knocker) => `${wayThrough(opening)} ${knocker} -j MASQUERADE`),
    );
}

/** Packets of connections, both ways, that came in at our port and were led on. */
function wayThrough({ protocol, number, to }: GatewayOpening): string {
  const ends = `--ctproto ${protocol} --ctorigdstport ${number} --ctreplsrc ${to.ip} --ctreplsrcport ${to.port}`;
  return `-m conntrack --ctstate DNAT ${ends}`;
}
