#!/bin/sh
# What knockd-sniffer@.service runs for each connection of a daemon: a program that captures. Its only privilege is
# CAP_NET_RAW. The connection is stdin, stdout and stderr; its first two lines say what to do, its end that nobody listens
# any more. Frames go into the named pipe of the daemon, in a directory that the daemon has made.
set -u
read -r program directory
case $program in
  tcpdump)
    # The kernel allows an interface no blanks in its name.
    read -r interface snap_bytes ring_kib
    # Whichever is killed, no sniffer outlives its connection: without this shell systemd ends the others, without tcpdump the
    # one beside it ends this shell, and without that one this shell still hears of the end.
    (
      tcpdump -i "$interface" -p -n -s "$snap_bytes" -B "$ring_kib" --immediate-mode -U \
        -F "$directory/filter.pcap" -w - >"$directory/frames.pcap" &
      tcpdump=$!
      trap 'kill -s USR1 $tcpdump' USR1
      while kill -0 $tcpdump 2>/dev/null; do wait $tcpdump; done
      kill $$
    ) &
    beside=$!
    # Each line asks for the number of dropped packets.
    while read -r _; do kill -s USR1 $beside; done
    ;;
  # It reads the second line itself, and ends with its stdin.
  cap)
    # Whoever opens a pipe that nobody reads, since the daemon was killed just now, would wait for ever.
    exec 3<>"$directory/frames.pcap"
    exec node --max-semi-space-size=1 /usr/lib/knockd/dist/capture.js >"$directory/frames.pcap" 3<&-
    ;;
  *)
    echo "expected tcpdump or cap, got \"$program\"" >&2
    exit 64
    ;;
esac
