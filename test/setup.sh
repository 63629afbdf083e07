# shellcheck shell=bash
# What `npm test` and `npm run demo` need before they can start; sourced by both. Says what it does.

say() { echo "knockd: $*"; }

# Installs the Debian packages that are not there yet.
need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query --show --showformat '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing Debian packages: ${missing[*]}"
  # A mirror that fails is asked again, and whoever else installs something is waited for.
  local patient=(-o Acquire::Retries=3 -o DPkg::Lock::Timeout=120)
  apt-get "${patient[@]}" update -qq
  # Neither knockd nor sshd may start on this machine because of us.
  [ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d; trap 'rm -f /usr/sbin/policy-rc.d' EXIT; }
  DEBIAN_FRONTEND=noninteractive apt-get "${patient[@]}" install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# npm ci and the build, where they are not done yet.
build_knockd() {
  local version
  version=$(node --version 2>/dev/null) || { say "Node.js 20.19 or newer is needed"; exit 69; }
  # npm ci empties what a link points to, which is another checkout's.
  if [ -L node_modules ]; then
    say "node_modules is a link, and is taken as it is"
  elif [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ] || ! node -e 'require("cap")' 2>/dev/null; then
    say "installing npm packages (node $version)"
    npm ci --silent --no-audit --no-fund --fetch-retries=5
  fi
  say "building"
  npm run --silent build
}
