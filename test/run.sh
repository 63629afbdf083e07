#!/bin/bash
# npm test: sets up whatever is missing, then format, lint, types and all tests. Ends with `N passed, N failed`.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=test/setup.sh
source test/setup.sh

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
build_knockd

say "formatting and lint (biome)"
npx biome check --error-on-warnings .
say "types (tsc)"
npx tsc -p test/tsconfig.json
say "tests (vitest)"
npx vitest run --config test/vitest.config.ts "$@"
