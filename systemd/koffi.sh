#!/bin/bash
# koffi.sh TARGET: copies what talks to the kernel, with its native code for this architecture, from node_modules here into TARGET.
# Without it each opening starts nft.
set -euo pipefail
target=$1
platform=$(node -p 'require("koffi"); `koffi-linux-${process.arch}`' 2>/dev/null) || {
  echo "knockd: without koffi, which npm has not installed: each opening starts nft" >&2
  exit 0
}
mkdir -p "$target"
target=$(realpath "$target")
cd node_modules
cp --parents koffi/{package.json,LICENSE.txt,index.js,index.cjs} koffi/src/koffi/index.{js,cjs} koffi/src/koffi/src/static.{js,cjs} "$target"
cp --parents "@koromix/$platform"/{package.json,index.js} "@koromix/$platform"/linux_*/koffi.node "$target"
