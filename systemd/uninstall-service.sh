#!/bin/bash
# npm run uninstall-service: takes away what install-service put here, and the daemon's rules, so that nothing is hidden
# any more. Keeps /etc/knockd and /var/lib/knockd; with --purge (npm run uninstall-service -- --purge) they go too.
set -euo pipefail
# shellcheck source=systemd/daemons.sh
source "$(dirname "$0")/daemons.sh"

program=/usr/local/lib/knockd
units=/etc/systemd/system
unit=$units/knockd.service
share=/usr/local/share
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { echo "knockd: $*"; }

main() {
  local purge=no
  case "${1:-} $#" in
    " 0") ;;
    "--purge 1") purge=yes ;;
    *) echo "usage: uninstall-service.sh [--purge]" >&2; exit 64 ;;
  esac
  [ "$(id -u)" = 0 ] || { echo "knockd: uninstalling needs root: sudo npm run uninstall-service" >&2; exit 77; }
  remove_service
  # What was hidden stays hidden while the daemon is down, so it is shown here.
  bash "$(dirname "$0")/remove-rules.sh"
  remove_program
  if [ "$purge" = yes ]; then purge; else say "kept: /etc/knockd and /var/lib/knockd (--purge removes them)"; fi
  [ ! -e /usr/sbin/knockd ] || say "the knockd in /usr/sbin is not ours, and stays"
}

# A unit, or a running knockd, of the same name may not be ours.
remove_service() {
  grep -q "^ExecStart=/usr/local/bin/knockd " $unit 2>/dev/null || return 0
  # One that waits for its next try, too, which has no process. Whatever cannot be stopped must not keep us from the rules.
  if is_ours knockd /usr/local/bin/knockd || [ "$(systemctl show --value -p MainPID knockd)" = 0 ]; then
    say "stopping the service"
    systemctl stop knockd || true
  fi
  systemctl disable --quiet knockd || true
  systemctl stop "knockd@*.service" || true
  systemctl stop knockd-sniffer.socket knockd-command.socket 2>/dev/null || true
  # One may capture on for a moment, as the user whom --purge removes.
  systemctl stop "knockd-sniffer@*.service" "knockd-command@*.service" 2>/dev/null || true
  rm -f $units/multi-user.target.wants/knockd@*.service
  rm -f $unit $units/knockd@.service $units/knockd-{sniffer,command}{.socket,@.service}
  systemctl daemon-reload
  systemctl reset-failed knockd 2>/dev/null || true
}

remove_program() {
  local name to
  for name in knockd knock; do
    to=/usr/local/bin/$name
    if [[ $(readlink "$to") == "$program"/* ]]; then rm "$to"; fi
  done
  rm -f $share/man/man8/knockd.8 $share/man/man1/knock.1 $share/man/man5/knockd.yaml.5
  rm -f $share/bash-completion/completions/knock{,d} $share/fish/vendor_completions.d/knock{,d}.fish
  rm -f $share/zsh/site-functions/_knockd
  rm -rf "$program" "$program.new" "$program.old"
  say "removed $program"
}

purge() {
  rm -rf /etc/knockd /var/lib/knockd /var/lib/knockd-* /var/log/knockd /var/log/knockd-*
  for name in knockd knockd-command; do
    if getent passwd $name >/dev/null; then userdel $name; fi
    if getent group $name >/dev/null; then groupdel $name; fi
  done
  rmdir /run/knockd 2>/dev/null || true
  say "removed /etc/knockd, /var/lib/knockd, /var/log/knockd and the users knockd and knockd-command"
}

main "$@"
