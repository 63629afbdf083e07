#!/bin/bash
# npm run torture: the daemon under faults, for many rounds. `--seed N --from R --rounds 1` plays one round of a run again.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=test/setup.sh
source test/setup.sh

rounds=200 seed=$((RANDOM * 32768 + RANDOM)) labs=4 from=0 fault=
while [ $# -gt 0 ]; do
  case "$1" in
    --rounds) rounds=$2 ;;
    --seed) seed=$2 ;;
    --labs) labs=$2 ;;
    --from) from=$2 ;;
    --fault) fault=$2 ;;
    *) echo "usage: npm run torture -- [--rounds 200] [--seed N] [--labs 4] [--from 0] [--fault KIND]"; exit 64 ;;
  esac
  shift 2
done

if [ "$(id -u)" != 0 ]; then
  say "the torture needs root, for its network namespaces: sudo npm run torture"
  exit 77
fi
need_packages build-essential python3 libpcap-dev nftables iproute2 util-linux
build_knockd
say "torture: $rounds rounds in $labs labs, seed $seed"
export TORTURE_ROUNDS=$rounds TORTURE_SEED=$seed TORTURE_LABS=$labs TORTURE_FROM=$from TORTURE_FAULT=$fault
npx vitest run --config test/vitest.config.ts test/torture/torture.test.ts
