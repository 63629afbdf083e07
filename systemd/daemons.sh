# shellcheck shell=sh
# The daemons that run on this machine, as install-service.sh, uninstall-service.sh and the package's maintainer scripts look at
# them. The package's build puts this into each of its scripts: it must be good for any sh.

# As systemd looks for programs: a Node.js below /usr/local comes before Debian's.
service_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# is_ours UNIT PROGRAM: a unit, or a running knockd, of our name may be the one in C, which runs on when its package is replaced.
is_ours() {
  pid=$(systemctl show --value -p MainPID "$1")
  [ "$pid" != 0 ] && tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qx "$2"
}

# our_daemons PROGRAM: knockd.service, knockd@eth1.service ...
our_daemons() {
  for unit in $(systemctl list-units --plain --no-legend --state=active knockd.service 'knockd@*.service' | awk '{ print $1 }'); do
    if is_ours "$unit" "$1"; then echo "$unit"; fi
  done
}

# accepts_config UNIT: whether its daemon would start with its file as it is.
accepts_config() (
  name=${1%.service} name=${name#knockd} name=${name#@} KNOCKD_OPTS=
  [ ! -r "/etc/default/knockd${name:+-$name}" ] || . "/etc/default/knockd${name:+-$name}"
  # shellcheck disable=SC2086
  PATH=$service_path knockd check -c "/etc/knockd/${name:-knockd}.yaml" $KNOCKD_OPTS >/dev/null
)
