// Rulesets on disk with rules of ours in them, as `nft list ruleset > /etc/nftables.conf` and netfilter-persistent save them: each load
// would open doors that have closed, hide what nobody opens any more, or fail as a whole for a set that is not there.

import { type Check, type Finding, fail, ok } from "../machine-check.ts";
import { textOf } from "../rule-files.ts";

interface SavedFile {
  readonly path: string;
  readonly ours: RegExp;
  /** What takes our rules out of it, and nothing else. */
  readonly sed: string;
}

/** Of versions before the gate. Its own chains name no set, hide nothing and let nobody in: saved, they do no harm. */
const OF_IPTABLES = {
  ours: /^(-A KNOCKD.* -j (DROP|DNAT)\b|.*--match-set knockd-)/m,
  sed: "/KNOCKD/d; /--match-set knockd-/d",
};
/** A further file is a row. The package's removal reads the same (systemd/remove-rules.sh). */
const FILES: readonly SavedFile[] = [
  { path: "/etc/nftables.conf", ours: /^\s*table inet knockd(-\S+)? \{/m, sed: "/^table inet knockd[^ ]* {/,/^}/d" },
  { path: "/etc/iptables/rules.v4", ...OF_IPTABLES },
  { path: "/etc/iptables/rules.v6", ...OF_IPTABLES },
  { path: "/etc/iptables/ipsets", ours: /^(create|add) knockd-/m, sed: "/^\\(create\\|add\\) knockd-/d" },
];

export const saved: Check = {
  name: "saved rules",
  look() {
    const found = FILES.filter(({ path, ours }) => ours.test(textOf(path)));
    return found.length > 0 ? found.map(finding) : [ok("none of ours in the files that are loaded at boot")];
  },
};

function finding({ path, sed }: SavedFile): Finding {
  return fail(
    `${path} holds rules of ours, as they were when it was saved: they come back with each load`,
    `sed -i '${sed}' ${path}`,
    ["the daemon makes its own rules; what others save shall be made without them"],
  );
}
