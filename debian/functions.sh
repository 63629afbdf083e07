# shellcheck shell=sh
# What the maintainer scripts share; the package's build puts it into each of them.

node_wanted=20.19
# The daemon as a process of it has it on its command line.
program=/usr/bin/knockd

#DAEMONS#

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

# In a chroot, the services and the firewall are those of the machine around it.
has_systemd() { [ -d /run/systemd/system ] && ! ischroot; }

# Nothing runs any more, and nothing is hidden.
stop_and_show() {
  ! ischroot || return 0
  if has_systemd; then
    # One that waits for its next try, too.
    for unit in $(systemctl list-units --plain --no-legend 'knockd.service' 'knockd@*.service' knockd-sniffer.socket knockd-command.socket | awk '{ print $1 }'); do
      deb-systemd-invoke stop "$unit" || true
    done
    # A sniffer may capture on for a moment, as the user whom purging removes.
    systemctl stop 'knockd-sniffer@*.service' 'knockd-command@*.service' 2>/dev/null || true
  fi
  bash <<'RULES'
#RULES#
RULES
}

is_of_c() { dpkg --compare-versions "$1" lt-nl 1.0.0~; }
