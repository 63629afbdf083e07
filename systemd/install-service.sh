#!/bin/bash
# npm run install-service: puts this checkout's knockd where the unit runs it from. Enables and starts nothing: a daemon
# that hides ssh wants to be configured first. Run it again to update; a running service is restarted.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022
# shellcheck source=systemd/daemons.sh
source systemd/daemons.sh

program=/usr/local/lib/knockd
config=/etc/knockd/knockd.yaml
units=/etc/systemd/system
unit=$units/knockd.service
share=/usr/local/share
# Where systemd looks for programs, and so where node must be.
service_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PATH=$service_path:$PATH
node_wanted=20.19

say() { echo "knockd: $*"; }
die() {
  local code=$1
  shift
  echo "knockd: $1" >&2
  [ $# -lt 2 ] || echo "knockd: hint: $2" >&2
  exit "$code"
}

main() {
  [ "$(id -u)" = 0 ] || die 77 "installing needs root" "sudo npm run install-service"
  [ -d /run/systemd/system ] || die 69 "systemd does not run here" "without it, start node dist/knockd.js run yourself"
  look_for_node
  look_for_firewall
  build_if_needed
  local first=yes
  [ ! -e $unit ] || first=no
  systemd-sysusers "$PWD/systemd/knockd.sysusers"
  install_program
  install_config
  install_unit
  say_about_the_old_knockd
  local running
  running=$(our_daemons /usr/local/bin/knockd)
  if [ -n "$running" ]; then start_again "$running"; else next_steps "$first"; fi
}

look_for_node() {
  local node version
  node=$(PATH=$service_path command -v node) ||
    die 69 "Node.js is not where a service finds it ($service_path)" \
      "apt-get install nodejs, or install yours below /usr/local"
  version=$("$node" --version)
  # As a user without a home directory, and without this shell's environment.
  setpriv --reuid=nobody --clear-groups env -i "$node" --version >/dev/null 2>&1 ||
    die 69 "$node cannot be run by other users" "install Node.js for all users, not below a home directory"
  printf 'v%s\n%s\n' "$node_wanted" "$version" | sort --check=quiet --version-sort ||
    die 69 "$node is $version, needed is $node_wanted or newer"
}

look_for_firewall() {
  PATH=$service_path command -v nft >/dev/null || PATH=$service_path command -v iptables >/dev/null ||
    say "neither nft nor iptables is here: apt-get install nftables"
  PATH=$service_path command -v tcpdump >/dev/null || say "tcpdump is not here: apt-get install tcpdump"
}

# A checkout without src/, or a package, is as it shall be.
build_if_needed() {
  if [ -e dist/knockd.js ]; then
    [ -d src ] && [ -n "$(find src package.json -newer dist/knockd.js -print -quit)" ] || return 0
  fi
  # shellcheck source=test/setup.sh
  source test/setup.sh
  (need_packages build-essential python3 libpcap-dev nftables)
  build_knockd
}

# Made beside its place, tried there, then moved: at no time is half a program there.
install_program() {
  local staging=$program.new version
  rm -rf "$staging" "$program.old"
  mkdir -p "$staging"
  cp -R dist package.json config systemd "$staging"
  for file in LICENSE README.md CHANGELOG.md; do [ ! -e "$file" ] || cp "$file" "$staging"; done
  install -m 755 systemd/knockd-sniffer.sh "$staging"
  sed -i "s|/usr/lib/knockd|$program|" "$staging/knockd-sniffer.sh"
  # The second sniffer's library, where npm could build it. All but native code is in dist.
  if node -e 'require("cap")' 2>/dev/null; then
    mkdir -p "$staging/node_modules/cap/build/Release"
    cp -R node_modules/cap/{package.json,LICENSE,lib} "$staging/node_modules/cap"
    cp node_modules/cap/build/Release/cap.node "$staging/node_modules/cap/build/Release"
  fi
  bash systemd/koffi.sh "$staging/node_modules"
  chown -R root:root "$staging"
  chmod -R u=rwX,go=rX "$staging"
  chmod 755 "$staging/dist/knockd.js" "$staging/dist/knock.js"
  version=$(node "$staging/dist/knockd.js" --version)
  [ ! -e "$program" ] || mv "$program" "$program.old"
  mv "$staging" "$program"
  rm -rf "$program.old"
  link knockd
  link knock
  install_manual
  bash systemd/completion.sh $share zsh/site-functions
  say "knockd $version is in $program"
}

link() {
  local to=/usr/local/bin/$1
  if [ -e "$to" ] && [[ $(readlink "$to") != "$program"/* ]]; then
    say "$to is somebody else's, left as it is: yours is $program/dist/$1.js"
    [ "$1" != knockd ] || die 69 "the unit runs $to" "move it away, then run this again"
    return 0
  fi
  ln -sfn "$program/dist/$1.js" "$to"
  local other
  other=$(PATH=/usr/bin:/bin command -v "$1") || return 0
  say "$to now comes before $other"
}

# Below /usr/local, where man and the shells look beside the distribution's own files.
install_manual() {
  local page
  for page in dist/man/*; do install -D -m 644 "$page" "$share/man/man${page##*.}/${page##*/}"; done
}

# What an administrator wrote is never overwritten.
install_config() {
  install -d -o root -g knockd -m 750 "$(dirname $config)"
  own_keys
  [ ! -e $config ] || return 0
  install -o root -g knockd -m 640 config/knockd.yaml $config
  say "a sample config is in $config"
}

# Keys that an earlier version made were the daemon's own: it is to read them, and to write neither them nor beside them.
own_keys() {
  local keys
  keys=$(dirname $config)/keys
  [ -d "$keys" ] && [ ! -L "$keys" ] || return 0
  # First the directory: from then on nobody puts anything in another's place.
  chown root:knockd "$keys"
  chmod 750 "$keys"
  find "$keys" -maxdepth 1 -type f -user knockd -links 1 -exec chown -h root:knockd {} + -exec chmod 640 {} +
}

install_unit() {
  bash systemd/units.sh $units /usr/local
  systemctl daemon-reload
}

# Debian's knockd has the same unit name; ours, in /etc, comes before it.
say_about_the_old_knockd() {
  [ -e /usr/sbin/knockd ] || return 0
  say "another knockd is on this machine: /usr/sbin/knockd"
  if [ -e /lib/systemd/system/knockd.service ] || [ -e /usr/lib/systemd/system/knockd.service ]; then
    say "$unit now comes before its unit"
  fi
  if systemctl is-active --quiet knockd && ! is_ours knockd /usr/local/bin/knockd; then
    say "it is running and goes on; once $config is right: systemctl restart knockd"
  fi
}

# What is hidden stays hidden meanwhile. A daemon that runs is better than a newer one that does not start.
start_again() {
  local unit
  systemctl restart knockd-sniffer.socket knockd-command.socket
  for unit in $1; do
    if accepts_config "$unit"; then
      say "restarting $unit"
      systemctl restart "$unit"
    else
      say "$unit runs on as the old version: mend its file, then systemctl restart $unit"
    fi
  done
}

next_steps() {
  # The old one's wish to start at boot is by name, and so it is ours now.
  if [ "$1" = yes ] && systemctl is-enabled --quiet knockd; then
    say "WARNING: knockd.service was enabled already: from the next boot on it hides what $config says;"
    say "if you are not done with the file by then: systemctl disable knockd"
  fi
  cat <<TEXT

Nothing is started yet. Next:
  sudo editor $config      choose your own sequences
  sudo knockd check                        says every problem of the file at once
  sudo systemctl enable --now knockd       hides what the doors open, from now on and at each boot
  journalctl -fu knockd                    watch it; keep this session open until you have knocked yourself in
TEXT
}

main
