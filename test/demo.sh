#!/bin/bash
# npm run demo: a web page and an ssh server behind closed doors, in two network namespaces of its own. Every line that
# it prints is checked: exit 0 only if all of it happened. It leaves nothing behind, and never touches this machine's
# own network or firewall.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
# shellcheck source=test/setup.sh
source test/setup.sh

server_ip=10.77.0.1
visitor=10.77.0.2
neighbour=10.77.0.3
page=http://$server_ip:8080/
web_knock=(21077 9263 14850:udp)
ssh_knock=(17342 8615:udp 25908)
config=config/knockd.yaml
closes_s=10  # `for` of both doors
refused_s=1  # how long a client waits before it calls a port dead

main() {
  if [ "$(id -u)" != 0 ]; then
    echo "knockd: the demo builds network namespaces, so it needs root: sudo npm run demo" >&2
    exit 77
  fi
  set_up
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  topology
  build_network
  write_ssh_keys

  start_clock
  heading "Doors shut"
  start_services
  start_daemon
  page_is_hidden "from $visitor" "$visitor"
  ssh_is_hidden

  heading "Knocking at the door of the web page, with Debian's knock"
  command_line "$debian_knock $server_ip ${web_knock[*]}"
  in_client "$debian_knock" "$server_ip" "${web_knock[@]}" || fail "Debian's knock ended with exit code $?"
  await "$visitor: web: OPEN SESAME" 3
  page_answers
  page_is_hidden "a neighbour, $neighbour, did not knock" "$neighbour"

  heading "Knocking at the door of the ssh server, with our own knock"
  command_line "knock $server_ip ${ssh_knock[*]}"
  in_client node dist/knock.js "$server_ip" "${ssh_knock[@]}" || fail "our knock ended with exit code $?"
  await "$visitor: ssh: OPEN SESAME" 3
  ssh_logs_in

  heading "Waiting: each door shuts by itself after $closes_s seconds"
  await "$visitor: web: closed" $((closes_s + 2))
  await "$visitor: ssh: closed" $((closes_s + 2))
  page_is_hidden "once more from $visitor" "$visitor"
  ssh_is_hidden
  ssh_session_lives_on
  stop_daemon
  farewell
}

# ---- set-up ----------------------------------------------------------------------------------------------------------

set_up() {
  local had_sshd=yes
  [ -x /usr/sbin/sshd ] || had_sshd=no
  say "setting up: Debian packages, npm packages, build (only what is missing)"
  # In a subshell: it sets a trap of its own.
  (need_packages build-essential python3 libpcap-dev nftables iproute2 util-linux tcpdump knockd curl \
    openssh-server openssh-client)
  if [ "$had_sshd" = no ]; then
    say "openssh-server is new on this machine; the demo runs its own, so it is not enabled here"
    systemctl disable --quiet ssh.service ssh.socket 2>/dev/null || true
  fi
  build_knockd
  debian_knock=$(PATH=/usr/bin:/bin command -v knock)
}

topology() {
  cat <<TEXT

       network namespace "client"                   network namespace "server"
     +----------------------------+               +----------------------------+
     | visitor    $visitor       |     cable     | $server_ip   knockd         |
     | neighbour  $neighbour  eth0 +---------------+ eth0        web page :8080 |
     |                            |               |             sshd     :22   |
     +----------------------------+               +----------------------------+

  knockd runs with $config as it is: two doors, each open for $closes_s s to the address that knocked.
TEXT
}

build_network() {
  work=$(mktemp -d -t knockd-demo.XXXXXX)
  touch "$work/log"
  client=knockd-demo-$$-client
  server=knockd-demo-$$-server
  for name in "$client" "$server"; do
    ip netns add "$name"
    ip -n "$name" link set lo up
  done
  ip -n "$server" link add eth0 type veth peer name eth0 netns "$client"
  ip -n "$server" addr add $server_ip/24 dev eth0
  ip -n "$client" addr add $visitor/24 dev eth0
  ip -n "$client" addr add $neighbour/24 dev eth0
  for name in "$client" "$server"; do ip -n "$name" link set eth0 up; done
  for name in "$client" "$server"; do until_up "$name"; done
}

# The kernel may take a second to give a new cable its carrier.
until_up() {
  local end=$((SECONDS + 5))
  until ip -n "$1" link show dev eth0 | grep -q 'state UP'; do
    [ $SECONDS -lt $end ] || { echo "knockd: eth0 of $1 did not come up" >&2; exit 1; }
    sleep 0.02
  done
}

# sshd has its own host key, user list and configuration: nothing of this machine's ssh is used or changed.
write_ssh_keys() {
  ssh-keygen -q -t ed25519 -N '' -C knockd-demo -f "$work/host_key"
  ssh-keygen -q -t ed25519 -N '' -C knockd-demo -f "$work/user_key"
  ssh_to_server+=(-i "$work/user_key" -o UserKnownHostsFile="$work/known_hosts")
  echo "$server_ip $(cut -d' ' -f1,2 "$work/host_key.pub")" >"$work/known_hosts"
  { echo "root:x:0:0:demo:$work:/bin/bash"; grep '^sshd:' /etc/passwd; } >"$work/passwd"
  echo 'root:*:20000::::::' >"$work/shadow"
  cat >"$work/sshd_config" <<TEXT
ListenAddress $server_ip:22
HostKey $work/host_key
AuthorizedKeysFile $work/user_key.pub
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
PrintMotd no
PidFile none
TEXT
}

# ---- the actors ------------------------------------------------------------------------------------------------------

in_client() { ip netns exec "$client" "$@"; }

# What runs in the background is started by `ip netns exec` itself, which becomes the program: $! is its pid.
pids=()

start_services() {
  ip netns exec "$server" node test/demo/page.js $server_ip 8080 >"$work/page.log" 2>&1 &
  pids+=($!)
  # The mounts are seen by this sshd alone: `ip netns exec` gives each command its own.
  # shellcheck disable=SC2016
  ip netns exec "$server" sh -c 'mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/shadow" /etc/shadow &&
    mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f "$1/sshd_config"' \
    sh "$work" >"$work/sshd.log" 2>&1 &
  pids+=($!)
  until_said page 'listening'
  until_said sshd 'Server listening'
  tell "web page and sshd are running on the server"
}

until_said() {
  local end=$((SECONDS + 5))
  until grep -q "$2" "$work/$1.log"; do
    [ $SECONDS -lt $end ] || { cat "$work/$1.log"; fail "$1 did not start"; }
    sleep 0.02
  done
}

# Its log goes to the screen with the time of each line, and to a file that `await` looks into.
start_daemon() {
  command_line "knockd run -c $config -i eth0" server
  mkfifo "$work/says"
  quote_log <"$work/says" &
  quoter=$!
  STATE_DIRECTORY=$work/state RUNTIME_DIRECTORY=$work/run ip netns exec "$server" \
    node dist/knockd.js run -c "$config" -i eth0 >"$work/says" 2>&1 &
  daemon=$!
  await "starting up, listening on eth0" 10
  # Whoever sees it for the first time must not begin with a warning.
  [ "$(wc -l <"$work/log")" = 1 ] || fail "knockd said more than that it listens"
}

quote_log() {
  trap '' INT
  local line
  while IFS= read -r line; do
    line_at "$(mark knockd)" "$line"
    echo "$line" >>"$work/log"
  done
}

stop_daemon() {
  heading "The end"
  kill "$daemon"
  local code=0 end=$(($(now_ms) + 5000))
  while kill -0 "$daemon" 2>/dev/null; do
    [ "$(now_ms)" -lt "$end" ] || fail "knockd did not end within 5 s"
    sleep 0.02
  done
  wait "$daemon" || code=$?
  daemon=
  wait "$quoter" || true
  quoter=
  [ "$code" = 0 ] || fail "knockd ended with exit code $code"
  line_at "$(mark ok)" "knockd ended with exit code 0"
}

# ---- what must be so -------------------------------------------------------------------------------------------------

# Waits for a line of the daemon's log, counted from the last await's.
seen=0
await() {
  local wanted=$1 end=$(($(now_ms) + $2 * 1000)) at
  until at=$(tail -n +$((seen + 1)) "$work/log" | grep -n -m 1 -x -F -- "$wanted"); do
    kill -0 "$daemon" 2>/dev/null || fail "knockd ended"
    [ "$(now_ms)" -lt "$end" ] || fail "knockd did not say within $2 s: $wanted"
    sleep 0.02
  done
  seen=$((seen + ${at%%:*}))
}

page_is_hidden() {
  command_line "curl --interface $2 $page"
  local code=0
  in_client curl -sS --noproxy '*' --interface "$2" --max-time $refused_s $page >"$work/out" 2>&1 || code=$?
  [ "$code" = 28 ] || fail "the page was not hidden ($1): exit code $code, $(cat "$work/out")"
  line_at "$(mark ok)" "nothing answers ($1)"
}

page_answers() {
  command_line "curl $page"
  in_client curl -sS --noproxy '*' --max-time 3 $page >"$work/out" 2>&1 ||
    fail "the page did not answer: $(cat "$work/out")"
  grep -q "$visitor. You know how to knock" "$work/out" || fail "not our page: $(cat "$work/out")"
  line_at "$(mark ok)" "\"$(cat "$work/out")\""
}

ssh_to_server=(ssh -F none -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes -o StrictHostKeyChecking=yes)

ssh_is_hidden() {
  command_line "ssh root@$server_ip"
  local code=0
  in_client "${ssh_to_server[@]}" -o ConnectTimeout=$refused_s root@$server_ip true \
    >"$work/out" 2>&1 </dev/null || code=$?
  if [ "$code" != 255 ] || ! grep -q 'timed out' "$work/out"; then
    fail "ssh was not hidden: exit code $code, $(cat "$work/out")"
  fi
  line_at "$(mark ok)" "nothing answers"
}

# Logs in, and stays: everything we write into the session comes back in upper case.
ssh_logs_in() {
  command_line "ssh root@$server_ip"
  mkfifo "$work/keyboard"
  # shellcheck disable=SC2016
  ip netns exec "$client" "${ssh_to_server[@]}" -o ConnectTimeout=3 root@$server_ip \
    'echo "logged in as $(id -un) from ${SSH_CONNECTION%% *}"; while read -r line; do echo "${line^^}"; done' \
    <"$work/keyboard" >"$work/session" 2>&1 &
  pids+=($!)
  exec 3>"$work/keyboard"
  session_says "logged in as root from $visitor" || fail "ssh did not log in: $(cat "$work/session" "$work/sshd.log")"
  line_at "$(mark ok)" "$(tail -n 1 "$work/session"); the session stays open"
}

ssh_session_lives_on() {
  tell "the ssh session from before is still there: still alive?"
  echo "still alive" >&3
  session_says "STILL ALIVE" || fail "the open ssh session died with its door: $(cat "$work/session")"
  line_at "$(mark ok)" "\"$(tail -n 1 "$work/session")\""
  exec 3>&-
}

session_says() {
  local end=$(($(now_ms) + 3000))
  until grep -q -x -F "$1" "$work/session"; do
    [ "$(now_ms)" -lt "$end" ] || return 1
    sleep 0.02
  done
}

fail() {
  line_at "$(mark FAILED)" "$1"
  echo
  echo "knockd: the demo failed: $1" >&2
  echo "knockd: the daemon's log:" >&2
  sed 's/^/  | /' "$work/log" >&2
  exit 1
}

# ---- the narrator ----------------------------------------------------------------------------------------------------

bold='' dim='' green='' red='' plain=''
if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'; fi

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
start_clock() { started_ms=$(now_ms); }

line_at() {
  local ms=$(($(now_ms) - started_ms))
  printf '%s%4d.%03d s%s  %s  %s\n' "$dim" $((ms / 1000)) $((ms % 1000)) "$plain" "$1" "$2"
}

# Who or what a line is about, in one column.
mark() {
  case $1 in
    ok) printf '%s%8s%s' "$green" "ok" "$plain" ;;
    FAILED) printf '%s%8s%s' "$red" "FAILED" "$plain" ;;
    knockd) printf '%s%8s%s' "$bold" "knockd |" "$plain" ;;
    *) printf '%8s' "$1" ;;
  esac
}

tell() { line_at "$(mark '')" "$1"; }
command_line() { line_at "$(mark "${2:-client}")" "\$ $1"; }
heading() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }

farewell() {
  cat <<TEXT

All of it happened: hidden, knocked, opened for one address, closed by itself.

To use it on this machine:
  sudo npm run install-service             installs the program and its systemd unit; starts nothing yet
  sudo editor /etc/knockd/knockd.yaml      choose your own sequences
  sudo knockd check                        says every problem of the file at once
  sudo systemctl enable --now knockd       from now on, port 22 is there for those who knock
TEXT
}

# ---- the end, whatever happened --------------------------------------------------------------------------------------

clean_up() {
  local code=$? name pid
  trap '' INT TERM HUP
  exec 3>&- 2>/dev/null || true
  for pid in ${daemon:-} "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for name in "${client:-}" "${server:-}"; do
    if [ -z "$name" ] || [ ! -e "/run/netns/$name" ]; then continue; fi
    # What they started themselves, such as sshd's sessions; and what did not listen.
    for pid in $(ip netns pids "$name"); do kill -9 "$pid" 2>/dev/null || true; done
    ip netns delete "$name" || true
  done
  wait 2>/dev/null || true
  [ -z "${work:-}" ] || rm -rf "$work"
  exit "$code"
}

main
