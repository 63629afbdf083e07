// Who leads a port on to another place before our rules are asked: container engines, Kubernetes, the administrator.
import { placeText } from "./exposure.ts";
import type { Translation } from "./fate.ts";

/** By the names of their chains and tables. A further one is a row. */
const TRANSLATORS: readonly { readonly name: string; readonly chain: RegExp; readonly table: RegExp }[] = [
  { name: "Docker", chain: /^DOCKER/, table: /^ip6? docker-/ },
  { name: "podman", chain: /^(NETAVARK|CNI)-/, table: /^inet netavark$/ },
  { name: "kube-proxy", chain: /^KUBE-/, table: /^ip6? kube-proxy$/ },
];

/** `Docker publishes it (iptables, chain DOCKER, rule "...")`. */
export function translatorText({ place, how }: Translation): string {
  const { chain } = place;
  const known = TRANSLATORS.find((each) => each.chain.test(chain.name) || each.table.test(chain.table));
  return `${known === undefined ? `a ${how} leads it on` : `${known.name} publishes it`} (${placeText(place)})`;
}
