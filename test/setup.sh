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

# What the tests beyond the unit tests need of Debian; only root can install it.
need_everything() {
  if [ "$(id -u)" = 0 ]; then
    need_packages build-essential python3 libpcap-dev nftables iptables ipset iproute2 iputils-ping tcpdump nmap knockd \
      hping3 netcat-openbsd netcat-traditional socat openssh-server openssh-client util-linux libcap2-bin procps curl \
      nginx-light fwknop-client fwknop-server oathtool logrotate fail2ban man-db mandoc groff fish zsh debootstrap dpkg-dev binutils systemd lintian
  elif [ "${CI:-}" = true ]; then
    say "CI needs root for the tests in network namespaces"
    echo "0 passed, 1 failed"
    exit 1
  else
    say "not root: the tests that need network namespaces will be SKIPPED; run sudo npm test for all of them"
  fi
}

# npm ci, where it is not done yet; with cap, which needs a compiler, if it is named.
need_npm_packages() {
  local version
  version=$(node --version 2>/dev/null) || { say "Node.js 20.19 or newer is needed"; exit 69; }
  # npm ci empties what a link points to, which is another checkout's.
  if [ -L node_modules ]; then
    say "node_modules is a link, and is taken as it is"
  elif [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ] || ! node -e 'process.argv.slice(1).forEach(require)' "$@" 2>/dev/null; then
    say "installing npm packages (node $version)"
    npm ci --silent --no-audit --no-fund --fetch-retries=5
  fi
}

build_knockd() {
  need_npm_packages cap
  say "building"
  npm run --silent build
}
