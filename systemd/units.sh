#!/bin/bash
# units.sh DIR PREFIX: writes the units to DIR, for a program installed below PREFIX (/usr, /usr/local). knockd@.service, one
# of several daemons, is knockd.service with names of its own for all that two daemons cannot share.
set -euo pipefail
cd "$(dirname "$0")"
directory=$1 prefix=$2

placed() { sed -e "s|/usr/bin/knockd|$prefix/bin/knockd|g" -e "s|/usr/lib/knockd|$prefix/lib/knockd|g" "$1"; }

for unit in knockd.service knockd-{sniffer,command}.socket knockd-{sniffer,command}@.service; do
  placed $unit >"$directory/$unit"
done
placed knockd.service | sed \
  -e '1s|.*|# One of several daemons: knockd@eth1.service reads /etc/knockd/eth1.yaml. Made from knockd.service.|' \
  -e 's|^Description=.*|& (%i)|' \
  -e 's|/etc/knockd/knockd\.yaml|/etc/knockd/%i.yaml|' \
  -e 's|/etc/default/knockd|&-%i|' \
  -e 's#^\(Exec[A-Za-z]*=.* \(check\|run\)\) #\1 -c /etc/knockd/%i.yaml #' \
  -e 's#^\(State\|Runtime\|Logs\)Directory=knockd#&-%i#' \
  -e 's|^Environment=KNOCKD_SNIFFER.*|&\n# Its table in the firewall is inet knockd-%i.\nEnvironment=KNOCKD_INSTANCE=%i|' \
  -e 's|knockd\.service\.d|knockd@.service.d|' \
  >"$directory/knockd@.service"
chmod 644 "$directory"/knockd{,@,-sniffer@,-command@}.service "$directory"/knockd-{sniffer,command}.socket
