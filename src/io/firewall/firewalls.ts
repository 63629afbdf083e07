// The choice of a firewall; one of them is none.
import type { Config } from "../../core/config/config.ts";
import { EXIT, Failure } from "../../core/exit.ts";
import { reasonOf, words } from "../../core/text/words.ts";
import { instance } from "../state/directories.ts";
import { runTool } from "../tool.ts";
import type { Firewall, OpenElement } from "./firewall.ts";
import { Iptables } from "./iptables/iptables.ts";
import { OUR_CHAINS } from "./iptables/iptables-chains.ts";
import { TABLE } from "./nftables/nft-names.ts";
import { Nftables } from "./nftables/nftables.ts";
import type { TrialExpiry } from "./trial-expiry.ts";

/** What nft takes as the name of a table, and what is no path. */
const INSTANCE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

export function chooseFirewall({ firewall }: Config, expiry?: TrialExpiry): Firewall {
  if (expiry !== undefined && firewall !== "nftables")
    throw new Failure(EXIT.CONFIG, `a trial needs options.firewall: nftables, got "${firewall}"`);
  const name = instance();
  if (name !== "" && !INSTANCE.test(name))
    throw new Failure(
      EXIT.USAGE,
      `the instance ${JSON.stringify(name)} cannot be part of a firewall's names, expected letters, digits, "_", "." and "-"`,
    );
  if (name !== "" && firewall === "iptables")
    throw new Failure(EXIT.CONFIG, 'firewall: iptables has chains for one daemon only, expected "nftables" or "none"');
  switch (firewall) {
    case "nftables":
      return new Nftables(expiry);
    case "iptables":
      return new Iptables();
    case "none":
      return new NoFirewall();
  }
}

/**
 * What an earlier run hid with another firewall would stay hidden, whoever knocks. For when the chosen one is in force: takes
 * away what it can, resolves to the rest, for the log. Without CAP_NET_RAW, which nftables does not need, iptables cannot
 * even read its rules; but nft sees those of iptables-nft.
 */
export async function takeOver(config: Config): Promise<string[]> {
  if (config.firewall === "iptables") return await removeOther(config);
  const chains = await runTool(["nft", "list", "chains"]).catch(() => "");
  const left = [
    ...(config.firewall === "none" && chains.includes(`table ${TABLE} {\n`) ? [`nft table "${TABLE}"`] : []),
    ...(instance() === "" && chains.includes(`\tchain ${OUR_CHAINS}`) ? [`iptables chain "${OUR_CHAINS}"`] : []),
  ];
  return left.map(words.stillHidden);
}

/** Takes away everything of the others. Resolves to what may be left, and why; a tool that is not there has left nothing. */
export async function removeOther({ firewall }: Config): Promise<string[]> {
  const others = [
    ...(firewall === "nftables" ? [] : [new Nftables()]),
    ...(firewall === "iptables" || instance() !== "" ? [] : [new Iptables()]),
  ];
  const failures = others.map((other) =>
    other.remove().then(
      () => [],
      (error) => [reasonOf(error)],
    ),
  );
  const reasons = (await Promise.all(failures)).flat().filter((reason) => !reason.endsWith("not found"));
  return reasons.map(words.mayBeLeft);
}

/** A dry run: the daemon only logs. */
class NoFirewall implements Firewall {
  async hide(): Promise<boolean> {
    return false;
  }
  async open(): Promise<void> {}
  async close(): Promise<void> {}
  async listOpen(): Promise<OpenElement[]> {
    return [];
  }
  guard(): void {}
  async release(): Promise<void> {}
  async remove(): Promise<void> {}
}
