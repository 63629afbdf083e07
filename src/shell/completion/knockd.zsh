#compdef knockd knock
# Completion of knockd and knock for zsh. What fits, knockd itself knows: its own commands, the doors of the config, who is in.
local word says files hosts
local -a found
while IFS=$'\t' read -r word says; do
  case $word in
    :files) files=yes ;;
    :hosts) hosts=yes ;;
    *) found+=("${word//:/\\:}${says:+:$says}") ;;
  esac
done < <(knockd complete -- "$service" "${(Q@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)
(( $#found )) && _describe "$service" found
if [[ -n $files ]]; then compset -P '*='; _files; fi
if [[ -n $hosts ]]; then _hosts; fi
