// The row of the nftables back-end.
import { runTool } from "../../tool.ts";
import type { BackEnd } from "../back-end.ts";
import { TABLE } from "./nft-names.ts";
import { Nftables } from "./nftables.ts";

export const nftablesRow: BackEnd = {
  kind: "nftables",
  create: (expiry) => new Nftables({ expiry }),
  tools: ["nft"],
  sets: "nft",
  // No table overrules another's drop.
  othersMayDrop: true,
  severalDaemons: true,
  trial: true,
  takesOver: [],
  left: async () => {
    const tables = await runTool(["nft", "list", "tables"]).catch(() => "");
    return tables.split("\n").includes(`table ${TABLE}`) ? [`nft table "${TABLE}"`] : [];
  },
  clear: () => new Nftables().remove(),
};
