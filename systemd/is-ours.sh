# shellcheck shell=bash
# What install-service.sh and uninstall-service.sh share: a unit, or a running knockd, of the same name may not be ours.

# Whether the daemon that runs under this unit is the one that install-service put here.
is_ours() {
  local pid
  pid=$(systemctl show --value -p MainPID "$1")
  [ "$pid" != 0 ] && tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qx /usr/local/bin/knockd
}
