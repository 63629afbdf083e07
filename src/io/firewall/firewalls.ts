// The choice of a firewall; one of them is none.
import type { Config } from "../../core/config/config.ts";
import { FIREWALLS, type FirewallKind } from "../../core/config/firewall-kinds.ts";
import { EXIT, Failure } from "../../core/exit.ts";
import { reasonOf, words } from "../../core/text/words.ts";
import { instance } from "../state/directories.ts";
import type { BackEnd } from "./back-end.ts";
import type { Firewall } from "./firewall.ts";
import { iptablesRow } from "./iptables/iptables-row.ts";
import { nftablesRow } from "./nftables/nftables-row.ts";
import { noFirewallRow } from "./no-firewall.ts";
import type { TrialExpiry } from "./trial-expiry.ts";

export const BACK_ENDS: Readonly<Record<FirewallKind, BackEnd>> = {
  nftables: nftablesRow,
  iptables: iptablesRow,
  none: noFirewallRow,
};

/** What nft takes as the name of a table, and what is no path. */
const INSTANCE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

export function chooseFirewall({ firewall }: Config, expiry?: TrialExpiry): Firewall {
  const row = BACK_ENDS[firewall];
  if (expiry !== undefined && !row.trial)
    throw new Failure(
      EXIT.CONFIG,
      `a trial needs options.firewall: ${either(({ trial }) => trial)}, got "${firewall}"`,
    );
  const name = checkedInstance();
  if (name !== "" && !row.severalDaemons) {
    const expected = either(({ severalDaemons }) => severalDaemons);
    throw new Failure(EXIT.CONFIG, `firewall: ${firewall} has chains for one daemon only, expected ${expected}`);
  }
  return row.create(expiry);
}

/**
 * What an earlier run hid with another firewall would stay hidden, whoever knocks. For when the chosen one is in force: takes
 * away what it can, resolves to the rest, for the log.
 */
export async function takeOver({ firewall }: Config): Promise<string[]> {
  const left = await Promise.all(others(firewall).map((row) => row.left(firewall !== "none")));
  return left.flat().map(words.stillHidden);
}

/**
 * Takes away everything of ours, whichever firewall kept it. Resolves to what may be left, and why; a tool that is not there
 * has left nothing. Throws a Failure where even the gate cannot be taken away.
 */
export async function removeAll(): Promise<string[]> {
  const isAlone = checkedInstance() === "";
  await unlessAbsent(nftablesRow.clear());
  const failures = FIREWALLS.map((kind) => BACK_ENDS[kind])
    .filter((row) => row !== nftablesRow && (row.severalDaemons || isAlone))
    .map((row) =>
      unlessAbsent(row.clear()).then(
        () => [],
        (error) => [words.mayBeLeft(reasonOf(error))],
      ),
    );
  return (await Promise.all(failures)).flat();
}

async function unlessAbsent(act: Promise<void>): Promise<void> {
  await act.catch((error) => {
    if (!reasonOf(error).endsWith(": not found")) throw error;
  });
}

function others(firewall: FirewallKind): BackEnd[] {
  return FIREWALLS.filter((kind) => kind !== firewall && !BACK_ENDS[firewall].takesOver.includes(kind))
    .map((kind) => BACK_ENDS[kind])
    .filter(({ severalDaemons }) => severalDaemons || instance() === "");
}

function checkedInstance(): string {
  const name = instance();
  if (name === "" || INSTANCE.test(name)) return name;
  throw new Failure(
    EXIT.USAGE,
    `the instance ${JSON.stringify(name)} cannot be part of a firewall's names, expected letters, digits, "_", "." and "-"`,
  );
}

/** `"nftables" or "none"` */
function either(fits: (row: BackEnd) => boolean): string {
  return FIREWALLS.filter((kind) => fits(BACK_ENDS[kind]))
    .map((kind) => JSON.stringify(kind))
    .join(" or ");
}
