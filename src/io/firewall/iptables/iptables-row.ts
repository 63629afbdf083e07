// The row of the iptables back-end.
import { runTool } from "../../tool.ts";
import type { BackEnd } from "../back-end.ts";
import { NO_TABLE, tableHandle } from "../nftables/nft-table.ts";
import { clearIptables, Iptables } from "./iptables.ts";
import { OUR_CHAINS } from "./iptables-chains.ts";

export const iptablesRow: BackEnd = {
  kind: "iptables",
  create: (expiry) => new Iptables(expiry),
  tools: ["nft", "iptables", "ip6tables", "iptables-restore", "ip6tables-restore"],
  sets: "ipset",
  // Its chain is the first that INPUT asks.
  othersMayDrop: false,
  // They would have their chains in common.
  severalDaemons: false,
  trial: true,
  // The gate is the same table.
  takesOver: ["nftables"],
  left: async (mayClear) => {
    if ((await hidingChains()).length === 0) return [];
    if (mayClear) await clearIptables().catch(() => {});
    return await hidingChains();
  },
  clear: clearIptables,
};

/** The chains of versions before the gate did hide. nft sees those of iptables-nft, also where iptables may not read them. */
async function hidingChains(): Promise<string[]> {
  const listings = ["ip", "ip6"].map(async (family) => {
    if ((await tableHandle(`${family} filter`)) === NO_TABLE) return "";
    return await runTool(["nft", "list", "chain", family, "filter", OUR_CHAINS]).catch(() => "");
  });
  const hides = (await Promise.all(listings)).some((listing) => /\bdrop$/m.test(listing));
  return hides ? [`iptables chain "${OUR_CHAINS}"`] : [];
}
