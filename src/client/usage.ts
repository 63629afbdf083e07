// The help text of the client.

export const USAGE = `usage: knock [options] HOST PORT[:PROTO]...

Knocks on the ports of HOST, in the order given.

  PORT[:PROTO]      7000 (tcp), 7000:udp or 7000/udp, a name from /etc/services such as ssh or domain:udp,
                    100:icmp for one echo request with 100 data bytes
options:
  -u, --udp         knock on all ports by udp (icmp stays icmp)
  -d, --delay MS    wait MS milliseconds after every port (default 0)
  -4, --ipv4        use an IPv4 address of HOST
  -6, --ipv6        use an IPv6 address of HOST
  -v, --verbose     print every knock
  -V, --version     print the version
  -h, --help        print this help

example: knock myserver.example.com 7000 8000:udp 9000
`;
