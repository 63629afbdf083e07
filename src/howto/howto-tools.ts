// The tools that people knock with: a row each says what the tool is called, what it cannot send, and its line.

import { formatPort, type Port, type Protocol } from "../core/port.ts";
import type { Host } from "./howto-host.ts";

/** What a tool needs to know of a knock. The host is an address or a host name, so it needs no quotes anywhere. */
export interface Plan {
  readonly host: Host;
  readonly steps: readonly Port[];
  /** From the first knock to the last. */
  readonly seqTimeoutMs: number;
  /** Between two steps, so that they arrive in order. */
  readonly pauseMs: number;
  /** For one step of a tool that waits for an answer, which a knock never gets. */
  readonly limitMs: number;
  /** The TCP flags that the door asks for, where the SYN of an ordinary connection does not do. */
  readonly flags?: number;
}

export interface Tool {
  readonly name: string;
  /** Why it cannot send this knock; undefined if it can. */
  cannot(plan: Plan): string | undefined;
  line(plan: Plan): string;
}

type Sends = Partial<Record<Protocol, (number: number, plan: Plan) => string>>;

/** nmap's own start and end, and its wait for an answer. */
const NMAP_STEP_MS = 700;
/** nmap sends no more. */
const NMAP_DATA_MAX = 1400;

/** A new tool is a row here, and a row in the test that runs it. */
export const TOOLS: readonly Tool[] = [
  {
    name: "knock (ours)",
    cannot: (plan) => refusal(plan, "tcp", "udp", "icmp"),
    line: ({ steps, host, pauseMs }) => `knock -d ${pauseMs} ${host.text} ${steps.map(knockPort).join(" ")}`,
  },
  {
    name: "knock (of Debian's knockd)",
    cannot: (plan) => refusal(plan, "tcp", "udp"),
    line: ({ steps, host, pauseMs }) => `knock -d ${pauseMs} ${host.text} ${steps.map(knockPort).join(" ")}`,
  },
  { name: "nmap (as root)", cannot: nmapCannot, line: (plan) => eachStep(plan, NMAP) },
  {
    // -z would send several datagrams; without it both nc of Debian send what they read.
    name: "nc",
    cannot: (plan) => refusal(plan, "tcp", "udp"),
    line: (plan) =>
      eachStep(plan, {
        tcp: (port, plan) => `${limited(plan)} nc ${numeric(plan)}${plan.host.text} ${port} </dev/null >/dev/null 2>&1`,
        udp: (port, plan) => `echo | ${limited(plan)} nc ${numeric(plan)}-u ${plan.host.text} ${port} >/dev/null 2>&1`,
      }),
  },
  {
    name: "bash (and ping for icmp)",
    cannot: (plan) => refusal(plan, "tcp", "udp", "icmp"),
    line: (plan) =>
      eachStep(plan, {
        tcp: (port, plan) => `${limited(plan)} bash -c '</dev/tcp/${plan.host.text}/${port}' 2>/dev/null`,
        udp: (port, plan) => `${limited(plan)} bash -c 'echo >/dev/udp/${plan.host.text}/${port}'`,
        icmp: ping,
      }),
  },
  { name: "ping", cannot: (plan) => refusal(plan, "icmp"), line: (plan) => eachStep(plan, { icmp: ping }) },
  { name: "Python", cannot: (plan) => refusal(plan, "tcp", "udp"), line: python },
  { name: "PowerShell", cannot: (plan) => refusal(plan, "tcp", "udp", "icmp"), line: powerShell },
];

/** What a tool that begins ordinary connections cannot send. */
function refusal({ steps, flags }: Plan, ...sends: Protocol[]): string | undefined {
  const other = steps.find(({ protocol }) => !sends.includes(protocol));
  if (other !== undefined) return `it sends no ${other.protocol}, and ${formatPort(other)} is a step`;
  const tcp = steps.find(({ protocol }) => protocol === "tcp");
  if (tcp === undefined || flags === undefined) return undefined;
  return `it begins ordinary connections, which this door's tcpflags do not take for ${formatPort(tcp)}`;
}

/** One line for all steps: it can be pasted whole, and is one entry in the shell's history. */
function eachStep(plan: Plan, sends: Sends): string {
  return plan.steps.map(({ protocol, number }) => sends[protocol]?.(number, plan) ?? "").join("; ");
}

/** `7000`, `8000:udp`: the form that both clients read. */
function knockPort({ protocol, number }: Port): string {
  return protocol === "tcp" ? String(number) : `${number}:${protocol}`;
}

/** timeout(1) ends the tool before its kernel repeats a SYN that nobody answered, which is after a second. */
function limited({ limitMs }: Plan): string {
  return `timeout ${limitMs / 1000}`;
}

/** An address needs no name server, which could take longer than the tool may. */
function numeric({ host }: Plan): string {
  return host.kind === "name" ? "" : "-n ";
}

function ping(bytes: number, plan: Plan): string {
  return `${limited(plan)} ping ${numeric(plan)}-c 1 -s ${bytes} ${plan.host.text} >/dev/null`;
}

const NMAP: Sends = {
  tcp: (port, plan) => `${nmap(plan)} -Pn${flagsOption(plan)} -p ${port} ${plan.host.text} >/dev/null`,
  // Without a length of its own nmap would send every payload that it knows for the port.
  udp: (port, plan) => `${nmap(plan)} -Pn -sU --data-length 1 -p ${port} ${plan.host.text} >/dev/null`,
  icmp: (bytes, plan) => `${nmap(plan)} -sn -PE --disable-arp-ping --data-length ${bytes} ${plan.host.text} >/dev/null`,
};

/** Nothing is sent twice, nobody is asked whether the host is up, no name is looked up, no answer is waited for. */
function nmap({ host }: Plan): string {
  const family = host.kind === "ipv6" ? " -6" : "";
  return `nmap${family} -n --max-retries 0 --initial-rtt-timeout 100ms --max-rtt-timeout 100ms`;
}

function flagsOption({ flags }: Plan): string {
  return flags === undefined ? "" : ` -sS --scanflags ${flags}`;
}

function nmapCannot({ steps, seqTimeoutMs }: Plan): string | undefined {
  const large = steps.find(({ protocol, number }) => protocol === "icmp" && number > NMAP_DATA_MAX);
  if (large !== undefined) return `it sends ${NMAP_DATA_MAX} bytes at most, and ${formatPort(large)} is a step`;
  if (NMAP_STEP_MS * steps.length < seqTimeoutMs) return undefined;
  return `it is too slow for ${steps.length} steps within ${seqTimeoutMs / 1000} s`;
}

/** The name is asked for once: steps of IPv4 and IPv6 would not count together. A connection is begun and at once given up. */
function python({ host, steps, pauseMs }: Plan): string {
  const kinds = { tcp: "t", udp: "u", icmp: "" } as const;
  const program = [
    "import socket as s,time",
    `f,_,_,_,a=s.getaddrinfo("${host.text}",0)[0]`,
    `e=lambda c,p:(c.setblocking(0),c.connect_ex((a[0],p)+a[2:]),c.type==s.SOCK_DGRAM and c.send(b"."),time.sleep(${pauseMs / 1000}),c.close())`,
    "t=lambda p:e(s.socket(f,s.SOCK_STREAM),p)",
    "u=lambda p:e(s.socket(f,s.SOCK_DGRAM),p)",
    ...steps.map(({ protocol, number }) => `${kinds[protocol]}(${number})`),
  ];
  return `python3 -c '${program.join("; ")}'`;
}

/** As for Python. A socket that is closed soon does not repeat its SYN, which Windows does even after a refusal. */
function powerShell({ host, steps, pauseMs, limitMs }: Plan): string {
  const sends: Record<Protocol, (number: number) => string> = {
    tcp: (port) =>
      `$s=New-Object Net.Sockets.Socket($a.AddressFamily,'Stream','Tcp'); [void]$s.BeginConnect($a,${port},$null,$null); Start-Sleep -Milliseconds ${pauseMs}; $s.Close()`,
    udp: (port) =>
      `$s=New-Object Net.Sockets.Socket($a.AddressFamily,'Dgram','Udp'); [void]$s.SendTo([byte[]](46),(New-Object Net.IPEndPoint($a,${port}))); Start-Sleep -Milliseconds ${pauseMs}; $s.Close()`,
    icmp: (bytes) => `[void](New-Object Net.NetworkInformation.Ping).Send($a,${limitMs},(New-Object byte[] ${bytes}))`,
  };
  const knocks = steps.map(({ protocol, number }) => sends[protocol](number));
  return [`$a=[Net.Dns]::GetHostAddresses('${host.text}')[0]`, ...knocks].join("; ");
}
