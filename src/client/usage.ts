// The help text of the client.

export const USAGE = `usage: knock [options] HOST PORT[:PROTO]...
       knock [options] PROFILE
       knock --list | --import LINE [--as NAME] | --export PROFILE

Knocks on the ports of HOST, in the order given; of a name with IPv4 and IPv6 addresses, on both.
A word alone is a profile of ~/.config/knock/config.yaml; with ports behind it, it is a host.

  PORT[:PROTO]      7000 (tcp), 7000:udp or 7000/udp, a name from /etc/services such as ssh or domain:udp,
                    100:icmp for one echo request with 100 data bytes
options:
  -u, --udp         knock on all ports by udp (icmp stays icmp)
  -d, --delay MS    wait MS milliseconds after every port (default 0)
  -4, --ipv4        use an IPv4 address of HOST
  -6, --ipv6        use an IPv6 address of HOST
  -i, --interface IF  knock from an address of this interface
  --source ADDRESS  knock from this address (with spa: the address to be let in)
  --wait [PORT]     then wait until PORT answers: exit code 0, or 1 when the time is over.
                    The port may be left out where the profile names it
  --wait-time TIME  how long to wait, such as 5, 30s or 2m (default 10s)
  --print           print what would be sent, and send nothing
  -v, --verbose     print every knock
  -V, --version     print the version
  -h, --help        print this help
with a profile:
  --code DIGITS     the code of an authenticator app (default: ask for it)
  --spa PROFILE     send the one signed packet of this profile
  --resolve         with spa: let in the address that packets to the host leave from, even a private one
profiles:
  --list            print the profiles
  --import LINE     add one, from knock://HOST/7000,8000/udp?wait=22#NAME or from "knock HOST 7000 8000:udp"
  --as NAME         its name (default: the one behind #, or the host)
  --export PROFILE  print a sequence as such a URI and as a command line

examples: knock myserver.example.com 7000 8000:udp 9000
          knock --wait 22 myserver.example.com 7000 8000:udp 9000 && ssh myserver.example.com
          knock home`;
