#!/bin/bash
# Takes the rules of all our daemons out of the firewall: what was hidden stays hidden while a daemon is down. What cannot be
# taken away is said, and keeps nobody from taking away the rest.
set -uo pipefail
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { echo "knockd: $*"; }

for table in $(nft list tables 2>/dev/null | sed -n 's/^table inet \(knockd\(-.*\)\?\)$/\1/p'); do
  if nft delete table inet "$table"; then
    say "took away the nftables table inet $table: nothing is hidden any more"
  fi
done
for iptables in iptables ip6tables; do
  for place in nat:PREROUTING:KNOCKD-LEAD-ON nat:POSTROUTING:KNOCKD-MASQ filter:FORWARD:KNOCKD-FORWARD filter:INPUT:KNOCKD; do
    table=${place%%:*} chain=${place##*:} hook=${place#*:}
    hook=${hook%:*}
    "$iptables" --wait -t "$table" -S "$chain" >/dev/null 2>&1 || continue
    while "$iptables" --wait -t "$table" -D "$hook" -j "$chain" 2>/dev/null; do :; done
    if "$iptables" --wait -t "$table" -F "$chain" && "$iptables" --wait -t "$table" -X "$chain"; then
      say "took away the chain $chain of $iptables"
    fi
  done
done
for set in $(ipset list -name 2>/dev/null | grep -E '^knockd-.*-[46]n?$'); do
  ipset destroy "$set" || say "the ipset $set stays: rules of yours use it"
done

# What was saved with rules of ours in it would bring them back at the next boot, with nobody there to open anything.
saved() { # saved FILE PATTERN SED
  grep -qsE "$2" "$1" || return 0
  say "$1 holds rules of ours, and would hide ports again when it is loaded; take them out: sed -i '$3' $1"
}
saved /etc/nftables.conf '^\s*table inet knockd(-\S+)? \{' '/^table inet knockd[^ ]* {/,/^}/d'
for file in /etc/iptables/rules.v4 /etc/iptables/rules.v6; do
  saved $file '^(-A KNOCKD.* -j (DROP|DNAT)|.*--match-set knockd-)' '/KNOCKD/d; /--match-set knockd-/d'
done
saved /etc/iptables/ipsets '^(create|add) knockd-' '/^\(create\|add\) knockd-/d'
exit 0
