// knockd.yaml's one source of truth: every key with its form, default and sentence. The parser, the errors and the shipped
// JSON Schema all come from here.
import { z } from "zod";
import { parseAddress, parseNetwork } from "./address.ts";
import { type Command, STEPS_MAX } from "./door.ts";
import { parseDuration } from "./duration.ts";
import { type Port, parsePort } from "./port.ts";
import { parseFlags } from "./tcp-flags.ts";

/** Kernel limit on an interface name (IFNAMSIZ, with its final zero). */
const INTERFACE_NAME_MAX = 15;
const OPEN_MAX = 64;
const ALLOW_MAX = 1024;
export const DOOR_NAME_MAX = 64;

/** Runs a reader that throws a RangeError, and makes its message the problem at this place. */
function read<In, Out>(reader: (input: In) => Out) {
  return (input: In, context: z.RefinementCtx): Out => {
    try {
      return reader(input);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
      return z.NEVER;
    }
  };
}

const duration = z
  .union([z.number(), z.string()], { error: "a time such as 30, 30s, 5m, 1h or 1d" })
  .transform(read((value) => parseDuration(String(value))));
const positiveDuration = duration.refine((durationMs) => durationMs > 0, "expected a time longer than 0");

const portText = z.union([z.int(), z.string()], { error: "a port such as 22/tcp" });
const port = portText.transform(read((value) => parsePort(String(value))));

/** `"7000,8000,9000:udp"`, one port, or a list. */
function ports(max: number, what: string) {
  return z
    .union([z.int(), z.string(), z.array(portText)], {
      error: `${what} such as [7000/tcp, 8000/udp] or "7000,8000/udp"`,
    })
    .transform((value) => (Array.isArray(value) ? value : String(value).split(",")))
    .pipe(z.array(port).min(1, `expected at least one port`).max(max, `expected at most ${max} ports`));
}

const openPorts = ports(OPEN_MAX, "ports").superRefine((list: readonly Port[], context) => {
  for (const [index, { protocol }] of list.entries()) {
    if (protocol === "icmp")
      context.addIssue({ code: "custom", path: [index], message: "a door can open tcp and udp ports, got icmp" });
  }
});

const address = z.string({ error: "an IP address such as 192.0.2.7" }).transform(
  read((value) => {
    const parsed = parseAddress(value);
    if (parsed === undefined)
      throw new RangeError(`expected an IP address such as 192.0.2.7, got ${JSON.stringify(value)}`);
    return parsed;
  }),
);

const network = z.string({ error: "an address or network such as 192.168.7.0/24" }).transform(
  read((value) => {
    const parsed = parseNetwork(value);
    if (parsed === undefined)
      throw new RangeError(`expected an address or network such as 192.168.7.0/24, got ${JSON.stringify(value)}`);
    return parsed;
  }),
);

const command = z
  .union([z.string(), z.array(z.string()).min(1, "expected at least the program")], {
    error: "a command: text for the shell, or a list of arguments",
  })
  .transform((value): Command => (typeof value === "string" ? { shell: value } : { argv: value }));

const interfaceName = z
  .string({ error: "an interface name such as eth0" })
  .regex(
    new RegExp(`^[^\\s/]{1,${INTERFACE_NAME_MAX}}$`),
    `expected an interface name of 1 to ${INTERFACE_NAME_MAX} characters, without blanks or slashes`,
  );

const interfaces = z
  .union([interfaceName, z.array(interfaceName).min(1, "expected at least one interface")], {
    error: "an interface name such as eth0, a list, or any",
  })
  .transform((value) => [...new Set([value].flat())])
  .refine((names) => names.length === 1 || !names.includes("any"), "expected either any or a list of names, not both");

/** A set of the administrator's own: `inet filter ssh_allowed` (nftables: family, table, set), `ssh_allowed` (ipset). */
const setName = z
  .string({ error: 'the name of a set such as "inet filter ssh_allowed"' })
  .regex(
    /^((ip|ip6|inet) [A-Za-z][\w./-]* )?[A-Za-z][\w./-]*$/,
    'expected family, table and set, such as "inet filter ssh_allowed" (with ipset: its name alone)',
  );

const options = z.strictObject({
  interface: interfaces.optional().meta({
    description:
      "Where knocks are looked for: a name, a list, or any (optional, default: the interface of the default route).",
  }),
  log_format: z
    .enum(["text", "json"], { error: "text or json" })
    .default("text")
    .meta({ description: "How the log is written (optional, default text)." }),
  log_level: z
    .enum(["error", "warn", "info", "debug"], { error: "error, warn, info or debug" })
    .default("info")
    .meta({ description: "debug also logs each stage and time-out (optional, default info)." }),
  firewall: z.enum(["nftables", "iptables", "none"], { error: "nftables, iptables or none" }).default("nftables").meta({
    description: "Who keeps `open` and `set` doors; none changes nothing and only logs (optional, default nftables).",
  }),
  allow: z
    .union([network, z.array(network).max(ALLOW_MAX, `expected at most ${ALLOW_MAX} networks`)], {
      error: "an address, a network, or a list of them",
    })
    .transform((value) => [value].flat())
    .default([])
    .meta({ description: "Sources for whom nothing is ever hidden (optional, default none)." }),
  on_stop: z.enum(["close", "keep"], { error: "close or keep" }).default("close").meta({
    description:
      "At the daemon's end, close the doors that need a stop command, or keep them for the next start (optional, default close).",
  }),
  scan_guard: z
    .boolean({ error: "true or false" })
    .default(true)
    .meta({ description: "Watch ports that only a scanner touches, and drop its attempts (optional, default true)." }),
});

const door = z.strictObject({
  sequence: ports(STEPS_MAX, "a sequence of ports")
    .optional()
    .meta({
      description: `1 to ${STEPS_MAX} ports in order, such as [7000/tcp, 8000/udp, 100/icmp]; 100/icmp is an echo request with 100 data bytes (ping -s 100).`,
    }),
  one_time_sequences: z
    .string({ error: "the path of a file" })
    .min(1, "expected the path of a file")
    .optional()
    .meta({ description: "A file of sequences, one a line, each good once; instead of sequence." }),
  seq_timeout: positiveDuration
    .default(25_000)
    .meta({ description: "Longest time from the first knock to the last (optional, default 25s)." }),
  seq_cooldown: duration
    .default(0)
    .meta({ description: "How long the door hears nobody after an opening (optional, default 0)." }),
  tcpflags: z
    .string({ error: 'TCP flags such as "syn,!ack", or any' })
    .transform(read(parseFlags))
    .default({ mask: 0x12, value: 0x02 })
    .meta({
      description:
        "TCP flags that a knock must have (syn) or must not have (!ack); any: all will do (optional, default syn,!ack).",
    }),
  target: address
    .optional()
    .meta({ description: "Knocks must go to this address instead of the interface's own (optional)." }),
  open: openPorts.optional().meta({ description: "Ports that are hidden from everyone and opened for the knocker." }),
  set: setName
    .optional()
    .meta({ description: "A set of your own ruleset that takes the knocker's IPv4 address, with its timeout." }),
  set_6: setName.optional().meta({ description: "The same for IPv6 knockers." }),
  for: positiveDuration.optional().meta({ description: "How long the door stays open (optional, default 10s)." }),
  start_command: command.optional().meta({
    description:
      "Runs when the door opens. %IP% is the knocker's address. Text goes to /bin/sh -c, a list runs without a shell.",
  }),
  start_command_6: command
    .optional()
    .meta({ description: "The same for IPv6 knockers (optional, default start_command; empty: nothing runs)." }),
  stop_command: command.optional().meta({ description: "Runs when the time is over." }),
  stop_command_6: command
    .optional()
    .meta({ description: "The same for IPv6 knockers (optional, default stop_command)." }),
  cmd_timeout: positiveDuration
    .optional()
    .meta({ description: "Time from the end of start_command to stop_command (optional, default 10s)." }),
});

export const configSchema = z
  .strictObject({
    options: options.prefault({}).meta({ description: "For all doors." }),
    doors: z
      .record(z.string(), door, { error: "a mapping of door names to doors" })
      .meta({ description: "Each door by its name." }),
  })
  .meta({ title: "knockd.yaml", description: "Configuration of knockd, the port-knocking daemon." });

export type ConfigInput = z.output<typeof configSchema>;
export type DoorInput = z.output<typeof door>;

/** The JSON Schema that ships with the product, for editors. */
export function jsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { io: "input" });
}
