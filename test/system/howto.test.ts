// Every line of `knockd howto` is pasted into a shell, and earns the door it is for. (PowerShell is not in Debian.)
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { KNOCKD } from "../support/knockd.ts";
import { type Daemon, eventually, HOST, HOST_6, Lab, OUR_KNOCK } from "../support/lab.ts";
import { root } from "../support/netns.ts";

/** A packet to one of these is dropped, so a tool that insists would send its SYN again. */
const DROPPED = [7101, 7303, 7202];
const SERVICES = [2201, 2202];
const NAME = "server.example";
/** Generous: all of them share the machine. */
const LIMIT_MS = 600_000;

const DOORS = `
  closed: { sequence: [7000, 8200, 7600] }
  dropped: { sequence: [${DROPPED}] }
  served: { sequence: [${SERVICES}, 7602] }
  mixed: { sequence: [7040, 8240/udp, 7640, 7644/udp] }
  sized: { sequence: [7060, 100/icmp, 8260/udp, 0/icmp] }
  sizes: { sequence: [100/icmp, 1300/icmp] }
  flags: { sequence: [7080, 8280/udp, 7680], tcpflags: "fin,!syn" }
  bare: { sequence: [7084, 7684], tcpflags: "!fin,!syn,!rst,!ack,!psh,!urg" }
`;
const KNOCK = "knock (ours)";
const NMAP = "nmap (as root)";
const BASH = "bash (and ping for icmp)";

interface Knocker {
  /** The namespace it knocks from: they run at the same time. */
  readonly client: string;
  readonly tool: string;
  readonly doors: readonly string[];
  readonly hosts: readonly string[];
  /** Which of Debian's. */
  readonly nc: "openbsd" | "traditional";
  readonly user: string;
}

const PORTS = ["closed", "dropped", "served", "mixed"];
const EVERY_DOOR = [...PORTS, "sized", "sizes", "flags", "bare"];
const ANYTHING = { hosts: [HOST, HOST_6, NAME], nc: "openbsd", user: "root" } as const;
const KNOCKERS: readonly Knocker[] = [
  { client: "ours", tool: KNOCK, doors: [...PORTS, "sized", "sizes"], ...ANYTHING },
  { client: "debians", tool: "knock (of Debian's knockd)", doors: PORTS, ...ANYTHING },
  ...ANYTHING.hosts.map((host, index) => ({
    client: `nmap-${index}`,
    tool: NMAP,
    doors: EVERY_DOOR,
    ...ANYTHING,
    hosts: [host],
  })),
  { client: "nmap-user", tool: NMAP, doors: ["closed", "dropped", "served"], ...ANYTHING, user: "nobody" },
  { client: "nc-openbsd", tool: "nc", doors: PORTS, ...ANYTHING },
  { client: "nc-old", tool: "nc", doors: PORTS, ...ANYTHING, hosts: [HOST, NAME], nc: "traditional" },
  { client: "bash", tool: BASH, doors: [...PORTS, "sized", "sizes"], ...ANYTHING },
  { client: "ping", tool: "ping", doors: ["sizes"], ...ANYTHING },
  { client: "python", tool: "Python", doors: PORTS, ...ANYTHING },
];
const shownSchema = z.object({
  door: z.string(),
  steps: z.array(z.string()),
  one_time: z.boolean(),
  knocks: z.array(z.object({ tool: z.string(), line: z.string().optional(), cannot: z.string().optional() })),
});

describe.skipIf(!root)("a line of knockd howto", () => {
  const lab = new Lab();
  const { net } = lab;
  let daemon: Daemon;

  beforeAll(async () => {
    await lab.open("client", ...KNOCKERS.map(({ client }) => client));
    const drop = `tcp dport { ${DROPPED.join(", ")} } drop`;
    await net.nft("server", `table inet admin { chain c { type filter hook input priority 0; ${drop}; }; }`);
    lab.write("once", " 7100,8300,7700\n 7102,8302,7702\n");
    lab.write("hosts", `${HOST} ${NAME}\n`);
    for (const { nc } of KNOCKERS) {
      mkdirSync(`${lab.directory}/${nc}`, { recursive: true });
      rmSync(`${lab.directory}/${nc}/nc`, { force: true });
      symlinkSync(`/usr/bin/nc.${nc}`, `${lab.directory}/${nc}/nc`);
    }
    const once = `  once: { one_time_sequences: ${lab.directory}/once }\n`;
    daemon = await lab.start(`options: { interface: eth0, log_level: debug }\ndoors:${DOORS}${once}`);
  });
  afterAll(() => lab.close());

  async function show(door: string, host: string) {
    const argv = [...KNOCKD, "howto", door, "--host", host, "--json", "-c", daemon.file];
    const { code, stdout, stderr } = await net.run("client", argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return shownSchema.parse(JSON.parse(stdout));
  }

  /** In a shell where `knock` and `nc` are those that are meant, and the name is known. */
  async function paste(line: string, { client, tool, nc, user }: Knocker): Promise<void> {
    const script = [
      `mount --bind ${lab.directory}/hosts /etc/hosts`,
      ...(tool === KNOCK ? [`knock() { ${OUR_KNOCK.join(" ")} "$@"; }`] : []),
      `PATH=${lab.directory}/${nc}:/usr/sbin:/usr/bin:/sbin:/bin`,
      user === "root" ? line : `setpriv --reuid=${user} --clear-groups bash -c ${JSON.stringify(line)}`,
      "true",
    ];
    const { stderr } = await net.run(client, ["unshare", "-m", "bash", "-c", script.join("\n")]);
    expect(stderr).toBe("");
  }

  /** Doors and hosts are the same for all tools, so each is asked for once. */
  const shownOnce = new Map<string, ReturnType<typeof show>>();
  function showOnce(door: string, host: string): ReturnType<typeof show> {
    const known = shownOnce.get(`${door} ${host}`) ?? show(door, host);
    shownOnce.set(`${door} ${host}`, known);
    return known;
  }

  async function earns(
    door: string,
    host: string,
    knocker: Knocker,
    shown: Awaited<ReturnType<typeof show>>,
  ): Promise<void> {
    const line = shown.knocks.find(({ tool }) => tool === knocker.tool)?.line ?? "";
    expect(line).not.toBe("");
    const before = daemon.log.length;
    const ip = lab.addressOf(knocker.client, host === HOST_6 ? 6 : 4);
    const said = () =>
      daemon.log
        .slice(before)
        .split("\n")
        // What another door's knock began here before may run out of time now.
        .filter((text) => text.startsWith(`${ip}: ${door}: `) && !text.includes("sequence timeout"));
    await paste(line, knocker);
    await eventually(`${door} is earned by: ${line}`, async () => said().some((text) => text.includes("OPEN SESAME")));
    // Nothing was dropped, nothing began anew.
    const stages = shown.steps.map((_, index) => `${ip}: ${door}: Stage ${index + 1}`);
    expect(said()).toEqual([...stages, `${ip}: ${door}: OPEN SESAME`]);
  }

  describe.concurrent("pasted into a shell", () => {
    it.each(KNOCKERS)(
      "earns its door with $client",
      async (knocker) => {
        for (const host of knocker.hosts)
          for (const door of knocker.doors) await earns(door, host, knocker, await showOnce(door, host));
      },
      LIMIT_MS,
    );
  });

  it("shows the next one-time sequence, and does not use it", async () => {
    for (const steps of [
      ["7100/tcp", "8300/tcp", "7700/tcp"],
      ["7102/tcp", "8302/tcp", "7702/tcp"],
    ]) {
      expect(await show("once", HOST)).toMatchObject({ steps, one_time: true });
      const shown = await show("once", HOST);
      expect(shown.steps).toEqual(steps);
      await earns("once", HOST, { client: "client", tool: BASH, doors: [], ...ANYTHING }, shown);
    }
    const after = await net.run("client", [...KNOCKD, "howto", "once", "--host", HOST, "-c", daemon.file]);
    expect(after).toEqual({
      code: 69,
      stdout: "",
      stderr: `knockd: door once: no one-time sequence left in "${lab.directory}/once"\n`,
    });
  });
});
