// The forms that values of knockd.yaml take: each reads what an administrator may write, and says what it expected otherwise.
import * as z from "zod";
import { parseAddress, parseNetwork } from "../address.ts";
import type { Command } from "../door.ts";
import { INSIDE_FORM, type Opening, parseInside } from "../opening.ts";
import { type Port, parsePort } from "../port.ts";
import type { Expiry } from "../spa/key.ts";
import { parseDuration } from "../text/duration.ts";
import { formatCodeRange, parseCodeRange } from "../totp/totp.ts";
import { INTERFACE_NAME, interfaceNameProblem } from "./interface-name.ts";

const OPEN_MAX = 64;
const DAY_MS = 86_400_000;

/** Runs a reader that throws a RangeError, and makes its message the problem at this place, or at a key of it. */
export function read<In, Out>(reader: (input: In) => Out, path: PropertyKey[] = []) {
  return (input: In, context: z.RefinementCtx): Out => {
    try {
      return reader(input);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // The library writes the whole path into the list that it is handed.
      context.addIssue({ code: "custom", path: [...path], message: error.message });
      return z.NEVER;
    }
  };
}

export const duration = z
  .union([z.number(), z.string()], { error: "a time such as 30, 30s, 5m, 1h or 1d" })
  .transform(read((value) => parseDuration(String(value))));
export const positiveDuration = duration.refine((durationMs) => durationMs > 0, "expected a time longer than 0");

const portNumber = z.int().meta({ minimum: 0, maximum: 65_535 });
const portText = z.union([portNumber, z.string()], { error: "a port such as 22/tcp" });
export const port = portText.transform(read((value) => parsePort(String(value))));

/** `"7000,8000,9000:udp"`, one port, or a list. */
export function ports(max: number, what: string) {
  return z
    .union([portNumber, z.string(), z.array(portText)], {
      error: `${what} such as [7000/tcp, 8000/udp] or "7000,8000/udp"`,
    })
    .transform((value) => (Array.isArray(value) ? value : String(value).split(",")))
    .pipe(z.array(port).min(1, `expected at least one port`).max(max, `expected at most ${max} ports`));
}

const onlyTcpUdp = ({ protocol }: Port, context: z.RefinementCtx): void => {
  if (protocol === "icmp") context.addIssue({ code: "custom", message: "a door can open tcp and udp ports, got icmp" });
};

const GATEWAY = "{port: 2222/tcp, to: 192.168.1.10:22}";
/** `{port: 2222/tcp, to: 192.168.1.10:22}`: the port leads to a host behind this one. */
export const gateway = z.strictObject({
  port: port.superRefine(onlyTcpUdp).meta({ description: "The port here that leads on." }),
  to: z
    .string({ error: INSIDE_FORM })
    .transform(read(parseInside))
    .meta({ description: `Where it leads: ${INSIDE_FORM}.` }),
  masquerade: z.boolean({ error: "true or false" }).default(false).meta({
    description:
      "Let the host see this machine as its visitor, when its way back does not lead through here (optional, default false).",
  }),
});
const openingOfGateway = gateway.transform(
  ({ port, to, masquerade }): Opening => ({ ...port, to: { ...to, masquerade } }),
);

/** As `ports`, and each may also lead to a host behind this one. */
export const openings = z
  .union(
    [
      portNumber,
      z.string(),
      openingOfGateway,
      z.array(z.union([portNumber, z.string(), openingOfGateway], { error: `a port such as 22/tcp, or ${GATEWAY}` })),
    ],
    { error: `ports such as [7000/tcp, 8000/udp] or "7000,8000/udp", or ${GATEWAY}` },
  )
  .transform((value) => {
    if (typeof value === "object") return [value].flat();
    return String(value).split(",");
  })
  .pipe(
    z
      .array(
        z
          .custom<number | string | Opening>()
          .transform(read((value): Opening => (typeof value === "object" ? value : parsePort(String(value)))))
          .superRefine(onlyTcpUdp),
      )
      .min(1, "expected at least one port")
      .max(OPEN_MAX, `expected at most ${OPEN_MAX} ports`),
  );

const UDP_PORT = "a udp port such as 62201";
/** `62201`; `62201/udp` says the same. */
export const udpPort = z
  .union([portNumber, z.string()], { error: UDP_PORT })
  .transform(read((value) => parsePort(String(value).replace(/^\s*\d+\s*$/, "$&/udp"))))
  .refine(({ protocol }) => protocol === "udp", `expected ${UDP_PORT}`);

const namedPorts = ports(OPEN_MAX, "ports").pipe(z.array(z.custom<Port>().superRefine(onlyTcpUdp)));

/** true stands for the ports that the door opens. */
export const spa = z
  .union([z.boolean(), namedPorts], { error: "true, false, or ports such as 22/tcp" })
  .transform((value): "open" | readonly Port[] => (value === true ? "open" : value === false ? [] : value));

/** Of a code, in knockd.yaml and in a profile: its ports, and the digits that say how many they are. */
export const codeKeys = {
  ports: z
    .string({
      error: ({ input }) =>
        typeof input === "number"
          ? `a range: ${formatCodeRange(input, 6)}, or ${formatCodeRange(input, 8)} with digits: 8`
          : "a range of ports such as 20000-20299",
    })
    .meta({
      description: "The range of its ports, such as 20000-20299: each two digits have a hundred ports, of tcp.",
    }),
  digits: z
    .union([z.literal(6), z.literal(8)], { error: "6 or 8" })
    .default(6)
    .meta({
      description: "How many digits a code has; 8 are a hundred times as hard to guess (optional, default 6).",
    }),
};

/** For the keys together: the range becomes its first port. */
export const readCodeRange = <Keys extends { ports: string; digits: number }>(keys: Keys, context: z.RefinementCtx) =>
  read((text: string) => parseCodeRange(text, keys.digits), ["ports"])(keys.ports, context);

const SECRET_FILE = "the path of a file with the secret, such as /etc/knockd/keys/ssh.totp";
export const totpKeys = z.strictObject({
  secret_file: z.string({ error: SECRET_FILE }).regex(/^\//, `expected ${SECRET_FILE}`).meta({
    description: "The file with the secret, which nobody but root and the daemon may read; knockd enroll makes it.",
  }),
  ...codeKeys,
});
/** The code of an authenticator app. */
export const totp = totpKeys.transform((keys, context) => ({ ...keys, ports: readCodeRange(keys, context) }));

const BOTH = "[sequence, totp], in this order: first the sequence, then the code";
export const bothInOrder = z
  .array(z.enum(["sequence", "totp"], { error: BOTH }), { error: BOTH })
  .refine((ways) => ways.join() === "sequence,totp", `expected ${BOTH}`);

export const address = z.string({ error: "an IP address such as 192.0.2.7" }).transform(
  read((value) => {
    const parsed = parseAddress(value);
    if (parsed === undefined)
      throw new RangeError(`expected an IP address such as 192.0.2.7, got ${JSON.stringify(value)}`);
    return parsed;
  }),
);

export const network = z.string({ error: "an address or network such as 192.168.7.0/24" }).transform(
  read((value) => {
    const parsed = parseNetwork(value);
    if (parsed === undefined)
      throw new RangeError(`expected an address or network such as 192.168.7.0/24, got ${JSON.stringify(value)}`);
    return parsed;
  }),
);

const word = z.string({ error: "a text" }).refine((text) => !text.includes("\0"), "expected a text without zero bytes");

export const command = z
  .union([word, z.array(word).min(1, "expected at least the program")], {
    error: "a command: text for the shell, or a list of arguments",
  })
  .refine((value) => value[0] !== "", "expected a program first")
  .transform((value): Command => (typeof value === "string" ? { shell: value } : { argv: value }));

export const file = z
  .string({ error: "the absolute path of a file" })
  .regex(/^\/.*[^/]$/, "expected the absolute path of a file");

export const interfaceName = z
  .string({ error: "an interface name such as eth0" })
  .regex(INTERFACE_NAME, { error: ({ input }) => interfaceNameProblem(String(input)) ?? "an interface name" })
  .superRefine((text, context) => {
    const problem = INTERFACE_NAME.test(text) ? interfaceNameProblem(text) : undefined;
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });

export const interfaces = z
  .union([interfaceName, z.array(interfaceName).min(1, "expected at least one interface")], {
    error: "an interface name such as eth0, a list, or any",
  })
  .transform((value) => [...new Set([value].flat())])
  .refine((names) => names.length === 1 || !names.includes("any"), "expected either any or a list of names, not both");

/** A set of the administrator's own: `inet filter ssh_allowed` (nftables: family, table, set), `ssh_allowed` (ipset). */
export const setName = z
  .string({ error: 'the name of a set such as "inet filter ssh_allowed"' })
  .regex(
    /^((ip|ip6|inet) [A-Za-z][\w./-]* )?[A-Za-z][\w./-]*$/,
    'expected family, table and set, such as "inet filter ssh_allowed" (with ipset: its name alone)',
  );

/** One name, or a list. */
export function names(what: string) {
  const name = z.string({ error: `the name of ${what}` });
  return z
    .union([name, z.array(name).min(1, `expected at least ${what}`)], { error: `the name of ${what}, or a list` })
    .transform((value) => [...new Set([value].flat())]);
}

const PREFIX_BITS = "a number of bits such as 24 (IPv4, 16 to 32) or 56 (IPv6, 48 to 128)";
const bits = z
  .int({ error: PREFIX_BITS })
  .refine((count) => (count >= 16 && count <= 32) || (count >= 48 && count <= 128), `expected ${PREFIX_BITS}`)
  .meta({ minimum: 16, maximum: 128 });

/** Up to 32 bits they are IPv4's. */
export const prefixes = z
  .union([bits, z.array(bits).max(2, "expected one number for each family at most")], { error: PREFIX_BITS })
  .transform((value) => Object.fromEntries([value].flat().map((count) => [count <= 32 ? 4 : 6, count])));

/** YAML leaves a date as the text that it is. */
export const lastDay = z
  .string({ error: "a day such as 2027-06-30" })
  .pipe(z.iso.date({ error: "expected a day such as 2027-06-30" }))
  .transform((day): Expiry => ({ lastDay: day, atMs: Date.parse(`${day}T00:00:00Z`) + DAY_MS }));
