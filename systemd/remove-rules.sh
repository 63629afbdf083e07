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
exit 0
