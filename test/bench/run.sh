#!/bin/bash
# npm run bench: this knockd, the C knockd and a plain nftables ruleset side by side, in network namespaces of its own.
# `--quick` takes two minutes; names of measures or contenders (see bench.mjs) run only those.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=test/setup.sh
source test/setup.sh

if [ "$(id -u)" != 0 ]; then
  say "the bench needs root, for its network namespaces: sudo npm run bench"
  exit 77
fi
need_packages build-essential python3 libpcap-dev nftables iproute2 util-linux knockd
build_knockd
say "benchmarks on $(nproc) cores, load $(cut -d ' ' -f 1 /proc/loadavg); a busy machine measures itself"
node test/bench/bench.mjs "$@"
