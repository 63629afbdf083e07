#!/bin/bash
# completion.sh SHARE ZSH: puts the completion of both commands below SHARE (/usr/share, /usr/local/share), that of zsh into its
# directory ZSH there.
set -euo pipefail
cd "$(dirname "$0")/../dist/completion"
share=$1 zsh=$2

for name in knockd knock; do
  install -D -m 644 knockd.bash "$share/bash-completion/completions/$name"
  install -D -m 644 knockd.fish "$share/fish/vendor_completions.d/$name.fish"
done
install -D -m 644 knockd.zsh "$share/$zsh/_knockd"
