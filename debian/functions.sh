# shellcheck shell=sh
# What the maintainer scripts share; the package's build puts it into each of them.

node_wanted=20.19
# As systemd looks for it: a Node.js below /usr/local comes before Debian's.
service_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# The command knockd would be of no use without it, and the service could not start.
need_node() {
  node=$(PATH=$service_path command -v node) || node=
  # What it says instead, if it does not run: a library that it lacks.
  said=$("${node:-false}" --version 2>&1) || true
  case $said in
    v[0-9]*) ! printf 'v%s\n%s\n' "$node_wanted" "$said" | sort -CV || return 0 ;;
  esac
  cat >&2 <<TEXT
knockd: needs Node.js $node_wanted or newer, and found ${node:-none}${node:+, which says: $said}
knockd: nothing was changed. The way out, on Debian 12 and others with an older one:
knockd:   - a newer package nodejs, for example NodeSource's (https://github.com/nodesource/distributions), or
knockd:   - Node's own archive (https://nodejs.org/en/download), unpacked over /usr/local: all users must be able to run it;
knockd: then install this package again. Debian 13 and later have what it takes.
TEXT
  return 1
}

has_systemd() { [ -d /run/systemd/system ]; }

# The daemons that run now: knockd.service, knockd@eth1.service ...
running_daemons() {
  systemctl list-units --plain --no-legend --state=active 'knockd.service' 'knockd@*.service' | awk '{ print $1 }'
}
