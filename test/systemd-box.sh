#!/bin/bash
# A throw-away machine with a real systemd, for testing units as they are installed. Needs root, no VM, no Docker.
#
#   systemd-box.sh create DIR [packages...]          build the base system once (debootstrap, about a minute, 300 MB);
#                                                    of this machine's release, or of $BOX_RELEASE
#   systemd-box.sh extend BASE DIR packages...       a copy of it with more packages, none of them running
#   systemd-box.sh boot DIR [DISK]                   boot a copy of it; prints the pid of its init when it is up
#   systemd-box.sh exec PID command...               run a command in the box (as root, clean environment, stdin kept)
#   systemd-box.sh stop PID                          shut it down in order; nothing is left behind
#
# DIR is only read by `boot` (overlay), so any number of boxes can run from one base. What a box writes lives in memory
# and is gone when it ends, unless you name a DISK directory: boot again with the same DISK to test what survives a reboot.
#
#   box=$(./systemd-box.sh boot base)
#   cp "$(command -v node)" /proc/$box/root/usr/local/bin/            # files go in and out through /proc/PID/root
#   ip link add knock0 type veth peer name eth0 netns $box            # the box starts with lo only
#   ./systemd-box.sh exec $box ip addr add 10.9.0.1/24 dev eth0
#   ./systemd-box.sh exec $box systemctl status
#   kill -9 $box                                                      # power cut; the box still cleans up after itself
#
# The kernel, its clock and its modules are the host's: never set the clock in a box.
set -euo pipefail
self=$(realpath "$0")
PATH=$PATH:/usr/sbin:/sbin
packages=systemd,systemd-sysv,dbus,iproute2,nftables,iptables,procps,tcpdump,util-linux,openssh-server,curl,logrotate,ipset
# Of the same release as this machine's, programs copied into the box find the libraries that they were linked with.
here=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
release=${BOX_RELEASE:-$here}
boot_seconds=60
stop_seconds=120

die() { echo "systemd-box: $*" >&2; exit 1; }

# The mirror that this machine's own apt uses, whatever the format of its sources.
mirror() {
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v release="$here" '$1 == release && $2 == "main" { print $3; exit }'
}

create() {
  local dir=$1 uri http_proxy=; shift
  [ ! -e "$dir" ] || [ -z "$(ls -A "$dir")" ] || die "$dir is not empty"
  command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install debootstrap"
  uri=$(mirror); [ -n "$uri" ] || die "found no mirror of $here in this machine's apt sources"
  eval "$(apt-config shell http_proxy Acquire::http::Proxy)"; [ -z "$http_proxy" ] || export http_proxy
  mkdir -p "$dir"
  local include=$packages; [ $# = 0 ] || include+=$(printf ',%s' "$@")
  # Its own mount namespace: a debootstrap that dies half way leaves no mounts behind.
  unshare --mount debootstrap --variant=minbase --include="$include" "$release" "$dir" "$uri" >&2 ||
    { tail -n 5 "$dir/debootstrap/debootstrap.log" >&2 || true; die "debootstrap failed; remove $dir, then try again"; }
  rm -f "$dir"/var/cache/apt/archives/*.deb
  # The package of the knockd in C, for whoever wants to install ours over it.
  (cd "$dir/opt" && apt-get download -qq knockd >&2)
  echo box > "$dir/etc/hostname"
  : > "$dir/etc/machine-id"
  mkdir -p "$dir/var/log/journal" # with a DISK, the journal of the boot before is there to read
}

extend() {
  local base=$1 dir=$2 http_proxy=; shift 2
  [ -L "$base/sbin/init" ] || die "no system in $base: run \`create\` first"
  [ ! -e "$dir" ] || die "$dir is there already"
  eval "$(apt-config shell http_proxy Acquire::http::Proxy)"; [ -z "$http_proxy" ] || export http_proxy
  cp -a --reflink=auto "$base" "$dir"
  printf '#!/bin/sh\nexit 101\n' >"$dir/usr/sbin/policy-rc.d"
  chmod 755 "$dir/usr/sbin/policy-rc.d"
  export DEBIAN_FRONTEND=noninteractive LC_ALL=C
  local install=(apt-get install -y -qq --no-install-recommends)
  # What the packages run must not reach this machine's firewall.
  chroot "$dir" apt-get update -qq >&2 &&
    chroot "$dir" "${install[@]}" --download-only "$@" >&2 &&
    unshare --mount --net bash "$self" _in_chroot "$dir" "${install[@]}" --no-download "$@" >&2 ||
    die "installing $* failed; remove $dir, then try again"
  rm -f "$dir/usr/sbin/policy-rc.d" "$dir"/var/cache/apt/archives/*.deb
}

_in_chroot() {
  local dir=$1; shift
  mount -t proc proc "$dir/proc"
  mount --rbind /dev "$dir/dev"
  chroot "$dir" "$@"
}

boot() {
  local base=$1 disk=${2:-} state pid='' answer=''
  [ -L "$base/sbin/init" ] || die "no system in $base: run \`create\` first"
  base=$(realpath "$base")
  [ -z "$disk" ] || { mkdir -p "$disk"; disk=$(realpath "$disk"); }
  state=$(mktemp -d -t systemd-box.XXXXXX)
  mkdir "$state"/{root,disk,cgroup}
  setsid bash "$self" _supervise "$base" "$state" "$disk" >"$state/log" 2>&1 </dev/null &
  local deadline=$((SECONDS + boot_seconds))
  while [ $SECONDS -lt $deadline ] && [ -d "$state" ]; do
    pid=$(cat "$state/pid" 2>/dev/null) || true
    [ -z "$pid" ] || answer=$(enter "$pid" systemctl is-system-running 2>/dev/null) || true
    case $answer in
      running) echo "$pid"; return ;;
      degraded) enter "$pid" systemctl --failed --plain --no-legend >&2; echo "$pid"; return ;;
    esac
    sleep 0.1
  done
  cat "$state/log" >&2 2>/dev/null || true
  [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
  die "the box did not come up (systemd said: ${answer:-nothing})"
}

# Waits for the box to end, however it ends, and removes what it used on the host.
_supervise() {
  local base=$1 state=$2 disk=$3
  unshare --pid --fork --kill-child --mount --uts --ipc --net bash "$self" _inside "$base" "$state" "$disk" || true
  unshare --mount bash "$self" _sweep "$state" || true
  rm -rf --one-file-system "$state"
}

# The box's own cgroup. Its name is the name of the state directory.
own_cgroup() { echo "$1/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/$(basename "$1")"; }

_sweep() {
  mount -t cgroup2 cgroup2 "$1/cgroup"
  for _ in {1..50}; do
    find "$(own_cgroup "$1")" -depth -type d -exec rmdir {} + 2>/dev/null || true
    [ -d "$(own_cgroup "$1")" ] || return 0
    sleep 0.1
  done
}

# Pid 1 of the new pid namespace, first half: say which pid that is outside (/proc is still the host's), enter an own
# cgroup.
_inside() {
  local state=$2 pid cgroup
  read -r pid _ < /proc/self/stat
  mount -t cgroup2 cgroup2 "$state/cgroup"
  cgroup=$(own_cgroup "$state")
  mkdir "$cgroup"
  echo 0 > "$cgroup/cgroup.procs"
  umount "$state/cgroup"
  exec unshare --cgroup bash "$self" _init "$@" "$pid"
}

# Second half: build the root, move into it, become systemd.
_init() {
  local base=$1 state=$2 disk=$3 pid=$4 root=$2/root node
  [ -n "$disk" ] || { disk=$state/disk; mount -t tmpfs tmpfs "$disk"; }
  mkdir -p "$disk"/{upper,work}
  mount -t overlay overlay "$root" -o "lowerdir=$base,upperdir=$disk/upper,workdir=$disk/work"
  mount -t proc proc "$root/proc"
  # As systemd asks of containers: sysctls are the host's, apart from those of the network namespace.
  mount --bind "$root/proc/sys" "$root/proc/sys"
  mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
  mount -o remount,bind,ro "$root/proc/sys"
  mount --bind /dev/null "$root/proc/sysrq-trigger" 2>/dev/null || true
  mount -t sysfs sysfs "$root/sys" -o ro
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  mount -t tmpfs tmpfs "$root/run" -o mode=755
  cat /proc/sys/kernel/random/uuid > "$root/run/boot_id"
  mount --bind "$root/run/boot_id" "$root/proc/sys/kernel/random/boot_id"
  mount -t tmpfs tmpfs "$root/tmp" -o mode=1777
  mount -t tmpfs tmpfs "$root/dev" -o mode=755
  mkdir "$root"/dev/{pts,shm,net}
  for node in null zero full random urandom tty net/tun; do
    [ ! -e "/dev/$node" ] || { touch "$root/dev/$node"; mount --bind "/dev/$node" "$root/dev/$node"; }
  done
  mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666,gid=5,mode=620
  mount -t tmpfs tmpfs "$root/dev/shm" -o mode=1777
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  echo "$pid" > "$state/pid"
  cd "$root"
  pivot_root . mnt
  umount -l /mnt
  exec env -i container=systemd-box box_state="$state" PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init </dev/null
}

state_of() {
  { tr '\0' '\n' < "/proc/$1/environ"; } 2>/dev/null | sed -n 's/^box_state=//p'
}

enter() {
  local pid=$1; shift
  [ -n "$(state_of "$pid")" ] || die "no box with pid $pid"
  nsenter -a -t "$pid" -- env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    LANG=C.UTF-8 TERM="${TERM:-dumb}" SYSTEMD_PAGER= "$@"
}

stop() {
  local pid=$1 state deadline=$((SECONDS + stop_seconds))
  state=$(state_of "$pid"); [ -n "$state" ] || die "no box with pid $pid"
  kill -s RTMIN+4 "$pid" # systemd's signal for poweroff.target
  while [ -d "$state" ]; do
    sleep 0.1
    [ $SECONDS -ge $deadline ] || continue
    echo "systemd-box: not down after $stop_seconds s, killed" >&2
    kill -9 "$pid" 2>/dev/null || true
    deadline=$((SECONDS + 10))
  done
}

[ "$(id -u)" = 0 ] || die "run me as root"
usage="usage: systemd-box.sh create DIR [packages...] | extend BASE DIR packages... | boot DIR [DISK] | exec PID command... | stop PID"
case "${1:-} $#" in
  create\ [2-9]*|create\ 1[0-9]*|extend\ [4-9]*|extend\ 1[0-9]*|boot\ [23]|stop\ 2|_*) "$@" ;;
  exec\ [3-9]*|exec\ [1-9][0-9]*) shift; enter "$@" ;;
  *) echo "$usage" >&2; exit 64 ;;
esac
