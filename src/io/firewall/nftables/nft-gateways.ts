// The nftables rules of openings that lead to a host behind this one. The sets that let a knocker in also steer them on, so
// the kernel ends both at the same moment; a connection that is made keeps its translation until its own end.
import type { Door } from "../../../core/door.ts";
import { formatInside, formatOpening, type GatewayOpening, leadsOn } from "../../../core/opening.ts";
import { knockers } from "./nft-networks.ts";

interface Gate {
  readonly door: Door;
  readonly opening: GatewayOpening;
}

/** Last of the rules in each of our chains here. */
const LED_ON = "led on by knockd";
const MASQUERADED = "masqueraded by knockd";

/** Ahead of the administrator's own chains. None where no door leads on: connections are then not translated for it. */
export function gatewayChains(doors: readonly Door[]): string[] {
  const gates = gatesOf(doors);
  return [
    ...(gates.length > 0 ? ["prerouting { type nat hook prerouting priority dstnat - 10; policy accept; }"] : []),
    ...(gates.some(isMasqueraded)
      ? ["postrouting { type nat hook postrouting priority srcnat - 10; policy accept; }"]
      : []),
  ];
}

/** Comments that a listing shows as long as all of these chains are whole. */
export function gatewayMarks(doors: readonly Door[]): string[] {
  const gates = gatesOf(doors);
  return [...(gates.length > 0 ? [LED_ON] : []), ...(gates.some(isMasqueraded) ? [MASQUERADED] : [])];
}

/**
 * Only what was addressed to this machine is led on: who talks to another host through us meets that host. A stranger's packet
 * has ended at the gate, ahead of here. Where two doors lead from one port to two hosts, the first in the file counts for who
 * has opened both.
 */
export function gatewayRules(doors: readonly Door[]): string[] {
  const gates = gatesOf(doors);
  if (gates.length === 0) return [];
  return [
    ...gates.flatMap(({ door, opening }) => {
      const { protocol, number, to } = opening;
      return knockers(door, to.family).map(
        (knocker) =>
          `prerouting ${protocol} dport ${number} ${knocker} fib daddr type local dnat ${ipOf(opening)} to ${formatInside(to)} comment "${LED_ON}: ${formatOpening(opening)}"`,
      );
    }),
    ...gates
      .filter(isMasqueraded)
      .flatMap(({ door, opening }) =>
        knockers(door, opening.to.family).map(
          (knocker) =>
            `postrouting ${knocker} ${wayIn(opening)} masquerade comment "${MASQUERADED}: ${formatOpening(opening)}"`,
        ),
      ),
  ];
}

function gatesOf(doors: readonly Door[]): Gate[] {
  return doors.flatMap((door) => door.open.filter(leadsOn).map((opening) => ({ door, opening })));
}

function isMasqueraded({ opening }: Gate): boolean {
  return opening.to.masquerade;
}

/** Packets to the host behind this one that came in at our port. */
function wayIn(opening: GatewayOpening): string {
  const { protocol, number, to } = opening;
  return `${ipOf(opening)} daddr ${to.ip} ${protocol} dport ${to.port} ct status dnat ct original proto-dst ${number}`;
}

function ipOf({ to }: GatewayOpening): "ip" | "ip6" {
  return to.family === 4 ? "ip" : "ip6";
}
