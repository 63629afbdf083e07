// How a port is let through a firewall, so that a knock can open it: one line to paste that lasts, and what it costs. doctor,
// init and check say it in these words.
import type { Family } from "../core/address.ts";
import type { Door } from "../core/door.ts";
import { formatPort, type Port } from "../core/port.ts";
import type { Keeper } from "./ruleset/keeper.ts";
import type { Place } from "./ruleset/ruleset.ts";

export interface LetIn {
  /** Who keeps the rules that drop the port, for the reader. */
  readonly keeper: string;
  /** For a shell of root's. */
  readonly line: string;
  /** What it costs, and what else there is. */
  readonly more: readonly string[];
}

/** Where somebody's rules drop a door's port. */
export interface Shut {
  readonly place: Place;
  readonly keeper: Keeper;
  readonly family: Family;
}

/** Services that firewalld has a name for. */
const FIREWALLD_SERVICES: Record<string, string> = { "22/tcp": "ssh", "80/tcp": "http", "443/tcp": "https" };

/** For all places that one keeper has. */
export function letIn(door: Door, port: Port, shuts: readonly [Shut, ...Shut[]]): LetIn {
  const [{ keeper, place }] = shuts;
  const text = formatPort(port);
  const price = `knockd hides ${text} from then on; where knockd is removed, it is open`;
  switch (keeper.kind) {
    case "ufw":
      return {
        keeper: "ufw",
        line: `ufw ${keeper.denied ? "prepend allow" : "allow"} ${text}`,
        more: [price, iptablesWay(place)],
      };
    case "firewalld":
      return { keeper: "firewalld", line: firewalldLine(text, keeper.zone), more: [price] };
    case "nftables": {
      const rule = `insert rule ${place.chain.table} ${place.chain.name} ${port.protocol} dport ${port.number} accept`;
      return {
        keeper: "your nftables rules",
        line: keeper.inFile ? `echo '${rule}' | tee -a /etc/nftables.conf | nft -f -` : `nft ${rule}`,
        more: [...(keeper.inFile ? [] : [NOT_LASTING]), price, setWay(door, port, shuts)],
      };
    }
    case "iptables": {
      const tools = [...new Set(shuts.map(({ place: { chain } }) => (chain.legacy ? `${chain.by}-legacy` : chain.by)))];
      const lines = tools.map((tool) => `${tool} -I INPUT -p ${port.protocol} --dport ${port.number} -j ACCEPT`);
      return {
        keeper: "your iptables rules",
        line: [...lines, ...(keeper.persistent ? ["netfilter-persistent save"] : [])].join(" && "),
        more: [...(keeper.persistent ? [] : [NOT_LASTING]), price, iptablesWay(place)],
      };
    }
  }
}

export const NOT_LASTING = "for now; it lasts where the same stands in the file that your rules are loaded from";

function firewalldLine(text: string, zone: string | undefined): string {
  const service = FIREWALLD_SERVICES[text];
  const what = service === undefined ? `--add-port=${text}` : `--add-service=${service}`;
  const where = zone === undefined ? "" : ` --zone=${zone}`;
  return `firewall-cmd --permanent${where} ${what} && firewall-cmd --reload`;
}

/** Its chain comes before all others, so that its accept is the last word. */
function iptablesWay({ chain }: Place): string {
  const dropIn = chain.legacy === true ? " (needs knockd-root.conf for the service)" : "";
  return `or options.firewall: iptables, whose accept comes before these rules${dropIn}; the port then stays shut without knockd`;
}

/** A set in the rules that drop, since no table overrules another's drop. */
function setWay(door: Door, port: Port, shuts: readonly Shut[]): string {
  const parts = [...new Map(shuts.map((shut) => [shut.family, shut])).values()].map((shut) => setFor(door, port, shut));
  const lines = parts.flatMap(({ lines }) => lines).join("; ");
  const keys = parts.flatMap(({ key }) => key);
  const inDoor = keys.length === 0 ? "" : `; then in doors.${door.name}: ${keys.join(" and ")}`;
  return `or a set of yours, and the port stays shut without knockd: ${lines}${inDoor}`;
}

function setFor(door: Door, port: Port, { family, place: { chain, rule } }: Shut) {
  const known = door.sets[family]?.split(" ");
  const inThisTable = known?.slice(0, 2).join(" ") === chain.table;
  const set = inThisTable ? known?.[2] : `${door.name}_knocked${family === 4 ? "" : "6"}`;
  const source = family === 4 ? "ip saddr" : "ip6 saddr";
  const accept = `${source} @${set} ${port.protocol} dport ${port.number} accept`;
  // A rule goes before the one that drops; for a policy, it may stand last.
  const verb =
    rule?.handle === undefined
      ? `add rule ${chain.table} ${chain.name}`
      : `insert rule ${chain.table} ${chain.name} position ${rule.handle}`;
  const add = `nft 'add set ${chain.table} ${set} { type ${family === 4 ? "ipv4" : "ipv6"}_addr; flags timeout; }'`;
  return {
    lines: [...(inThisTable ? [] : [add]), `nft ${verb} ${accept}`],
    key: inThisTable ? [] : [`${family === 4 ? "set" : "set_6"}: ${chain.table} ${set}`],
  };
}
