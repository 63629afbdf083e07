#!/bin/bash
# npm test: format, lint, types and all tests; sets up whatever is missing. Ends with `N passed, N failed`.
#
#   test/run.sh [unit|program|system|install|all|land] [FILE...]     a tier (test/vitest.config.ts says what each needs), or all
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=test/setup.sh
source test/setup.sh

tier=all
case "${1:-}" in unit | program | system | install | all | land) tier=$1 && shift ;; esac

vitest=(npx vitest run --config test/vitest.config.ts)
case "$tier" in
  land) exec "${vitest[@]}" --project unit "$@" ;; # only the unit tests
  unit) need_npm_packages ;;
  *) need_everything && build_knockd ;;
esac

if [ "$tier" = all ] || [ "$tier" = unit ]; then
  say "formatting and lint (biome)"
  npx biome check --error-on-warnings .
  say "types (tsc)"
  npx tsc -p test/tsconfig.json
fi
say "tests (vitest)"
[ "$tier" = all ] || vitest+=(--project "$tier*") # system has two: system-alone is for what needs a processor for itself
"${vitest[@]}" "$@"
