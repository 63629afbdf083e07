# Completion of knockd and knock for bash. What fits, knockd itself knows: its own commands, the doors of the config, who is in.
_knockd() {
  local line=${COMP_LINE:0:COMP_POINT} words word says
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  local typed=${words[${#words[@]}-1]}
  # bash takes words apart at = and :, and replaces only what is behind the last of them.
  local kept=${typed%"${typed##*[=:]}"}
  COMPREPLY=()
  while IFS=$'\t' read -r word says; do
    case $word in
      :files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "${typed##*=}") ;;
      :hosts) while read -r word; do COMPREPLY+=("$word"); done < <(compgen -A hostname -- "$typed") ;;
      *) COMPREPLY+=("${word#"$kept"}") ;;
    esac
  done < <(knockd complete -- "${words[0]##*/}" "${words[@]:1}" 2>/dev/null)
}
complete -F _knockd knockd knock
