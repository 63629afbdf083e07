// A container behind the lab's server, as a namespace, and the rules by which engines publish a port of it, rebuilt from their
// sources: dockerd's two back-ends, netavark (podman), kube-proxy in iptables mode; and what an administrator writes.
//
//     "client" "stranger"            "server"                     "container"
//   ──────┴────────┴───── eth0 (PUBLISHED)  docker0 ─── veth ─── eth0 (INSIDE_PORT)
//                                172.17.0.1, fd17::1             172.17.0.2, fd17::2
import { fileURLToPath } from "node:url";
import { type Lab, SERVICE_2, words } from "./lab.ts";

export const CONTAINER = "172.17.0.2";
export const CONTAINER_6 = "fd17::2";
/** Nothing listens there on the server itself. */
export const PUBLISHED = 2205;
export const INSIDE_PORT = 2207;

const ECHO_SERVER = [process.execPath, fileURLToPath(new URL("./echo.js", import.meta.url))];
const TO = `${CONTAINER}:${INSIDE_PORT}`;
const TO_6 = `[${CONTAINER_6}]:${INSIDE_PORT}`;

/** Both families in one go: nft for one ruleset, or a text for iptables-restore and one for ip6tables-restore. */
type Layout = { readonly nft: string } | { readonly iptables: (to: string, host: string, network: string) => string };

export const LAYOUTS: Readonly<Record<string, Layout>> = {
  "Docker (iptables)": {
    iptables: (to, host, network) => `*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s ${network} ! -o docker0 -j MASQUERADE
-A DOCKER ! -i docker0 -p tcp -m tcp --dport ${PUBLISHED} -j DNAT --to-destination ${to}
COMMIT
*filter
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A DOCKER -d ${host} ! -i docker0 -o docker0 -p tcp -m tcp --dport ${INSIDE_PORT} -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
`,
  },
  "Docker (nftables)": {
    nft: ["ip", "ip6"]
      .map(
        (ip) => `table ${ip} docker-bridges {
  map filter-forward-in-jumps { type ifname : verdict; elements = { "docker0" : jump filter-forward-in__docker0 }; }
  map filter-forward-out-jumps { type ifname : verdict; elements = { "docker0" : jump filter-forward-out__docker0 }; }
  chain filter-FORWARD { type filter hook forward priority filter; policy accept;
    oifname vmap @filter-forward-in-jumps
    iifname vmap @filter-forward-out-jumps
  }
  chain filter-forward-in__docker0 {
    ct state established,related counter accept
    iifname "docker0" counter accept
    ${ip} daddr ${ip === "ip" ? CONTAINER : CONTAINER_6} tcp dport ${INSIDE_PORT} counter accept
    counter drop
  }
  chain filter-forward-out__docker0 {
    ct state established,related counter accept
    counter accept
  }
  chain nat-PREROUTING { type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local counter jump nat-prerouting-and-output
  }
  chain nat-OUTPUT { type nat hook output priority -100; policy accept;
    fib daddr type local counter jump nat-prerouting-and-output
  }
  chain nat-prerouting-and-output { iifname != "docker0" tcp dport ${PUBLISHED} counter dnat to ${ip === "ip" ? TO : TO_6}; }
  chain raw-PREROUTING { type filter hook prerouting priority raw; policy accept;
    iifname != { "docker0", "lo" } ${ip} daddr ${ip === "ip" ? CONTAINER : CONTAINER_6} counter drop
  }
}`,
      )
      .join("\n"),
  },
  "podman (netavark)": {
    nft: `table inet netavark {
  chain NETAVARK-HOSTPORT-SETMARK { meta mark set meta mark | 0x00002000; }
  chain nv_dnat {
    ip saddr 172.17.0.0/16 tcp dport ${PUBLISHED} jump NETAVARK-HOSTPORT-SETMARK
    ip saddr 127.0.0.1 tcp dport ${PUBLISHED} jump NETAVARK-HOSTPORT-SETMARK
    tcp dport ${PUBLISHED} dnat ip to ${TO}
    tcp dport ${PUBLISHED} dnat ip6 to ${TO_6}
  }
  chain NETAVARK-HOSTPORT-DNAT { tcp dport ${PUBLISHED} jump nv_dnat; }
  chain PREROUTING { type nat hook prerouting priority dstnat; policy accept; fib daddr type local jump NETAVARK-HOSTPORT-DNAT; }
  chain OUTPUT { type nat hook output priority -100; policy accept; fib daddr type local jump NETAVARK-HOSTPORT-DNAT; }
  chain POSTROUTING { type nat hook postrouting priority srcnat; policy accept; meta mark & 0x00002000 == 0x00002000 masquerade; }
  chain FORWARD { type filter hook forward priority filter; policy accept;
    ct state invalid drop
    ip daddr 172.17.0.0/16 ct state established,related accept
    ip saddr 172.17.0.0/16 accept
  }
}`,
  },
  "Kubernetes (kube-proxy, NodePort)": {
    iptables: (to) => `*nat
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-EXT-LAB - [0:0]
:KUBE-SVC-LAB - [0:0]
:KUBE-SEP-LAB - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-NODEPORTS -p tcp -m tcp --dport ${PUBLISHED} -j KUBE-EXT-LAB
-A KUBE-EXT-LAB -j KUBE-MARK-MASQ
-A KUBE-EXT-LAB -j KUBE-SVC-LAB
-A KUBE-SVC-LAB -j KUBE-SEP-LAB
-A KUBE-SEP-LAB -p tcp -m tcp -j DNAT --to-destination ${to}
-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
COMMIT
*filter
:FORWARD DROP [0:0]
:KUBE-FORWARD - [0:0]
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
`,
  },
  "a REDIRECT": {
    iptables: () =>
      `*nat\n-A PREROUTING -p tcp -m tcp --dport ${PUBLISHED} -j REDIRECT --to-ports ${SERVICE_2}\nCOMMIT\n`,
  },
  "a DNAT of one's own": {
    nft: `table inet own {
  chain pre { type nat hook prerouting priority dstnat - 50;
    meta nfproto ipv4 tcp dport ${PUBLISHED} dnat ip to ${TO}
    meta nfproto ipv6 tcp dport ${PUBLISHED} dnat ip6 to ${TO_6}
  }
}`,
  },
};

export class Container {
  readonly #lab: Lab;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  async open(): Promise<void> {
    const { net } = this.#lab;
    await net.add("container");
    await net.veth(
      ["server", "docker0", "172.17.0.1/16", "fd17::1/64"],
      ["container", "eth0", `${CONTAINER}/16`, `${CONTAINER_6}/64`],
    );
    for (const gateway of ["172.17.0.1", "fd17::1"])
      await net.ok("container", words(`ip route add default via ${gateway}`));
    for (const name of ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"])
      await net.ok("server", words(`sysctl -q ${name}=1`));
    await net.spawn("container", [...ECHO_SERVER, String(INSIDE_PORT)]).until(/listening/);
  }

  async publish(name: string): Promise<void> {
    const { net } = this.#lab;
    const layout = LAYOUTS[name];
    if (layout === undefined) throw new Error(`no layout "${name}"`);
    if ("nft" in layout) return await net.nft("server", layout.nft);
    await net.ok("server", ["iptables-restore", "--noflush"], {
      input: layout.iptables(TO, `${CONTAINER}/32`, "172.17.0.0/16"),
    });
    await net.ok("server", ["ip6tables-restore", "--noflush"], {
      input: layout.iptables(TO_6, `${CONTAINER_6}/128`, "fd17::/64"),
    });
  }
}
