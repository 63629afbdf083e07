// The keys of a door in knockd.yaml, what goes together, and the door that they make: a new key is added here.
import * as z from "zod";
import { type Command, type Commands, type Door, STEPS_MAX } from "../door.ts";
import { formatOpening, openingProblems } from "../opening.ts";
import { formatPort } from "../port.ts";
import { natOpeningsOf } from "../spa/nat.ts";
import { FIRST_SYN, parseFlags } from "../tcp-flags.ts";
import { codeRule } from "./config-codes.ts";
import * as form from "./schema-forms.ts";

const DEFAULT_GRANT_MS = 10_000;

export const doorKeys = z.strictObject({
  sequence: form
    .ports(STEPS_MAX, "a sequence of ports")
    .optional()
    .meta({
      description: `1 to ${STEPS_MAX} ports in order, such as [7000/tcp, 8000/udp, 100/icmp]; 100/icmp is an echo request with 100 data bytes (ping -s 100).`,
    }),
  one_time_sequences: z
    .string({ error: "the path of a file" })
    .min(1, "expected the path of a file")
    .optional()
    .meta({ description: "A file of sequences, one a line, each good once; instead of sequence." }),
  seq_timeout: form.positiveDuration
    .default(25_000)
    .meta({ description: "Longest time from the first knock to the last (optional, default 25s)." }),
  seq_cooldown: form.duration
    .default(0)
    .meta({ description: "How long the door hears nobody after an opening (optional, default 0)." }),
  tcpflags: z
    .string({ error: 'TCP flags such as "syn,!ack", or any' })
    .transform(form.read(parseFlags))
    .default(FIRST_SYN)
    .meta({
      description:
        "TCP flags that a knock must have (syn) or must not have (!ack); any: all will do (optional, default syn,!ack).",
    }),
  target: form.address
    .optional()
    .meta({ description: "Knocks must go to this address instead of the interface's own (optional)." }),
  open: form.openings.optional().meta({
    description:
      "Ports that are hidden from everyone and opened for the knocker; {port: 2222/tcp, to: 192.168.1.10:22} leads them to a host behind this one.",
  }),
  set: form.setName
    .optional()
    .meta({ description: "A set of your own ruleset that takes the knocker's IPv4 address, with its timeout." }),
  set_6: form.setName.optional().meta({ description: "The same for IPv6 knockers." }),
  for: form.positiveDuration.optional().meta({ description: "How long the door stays open (optional, default 10s)." }),
  start_command: form.command.optional().meta({
    description:
      "Runs when the door opens. %IP% is the knocker's address. Text goes to /bin/sh -c, a list runs without a shell.",
  }),
  start_command_6: form.command
    .optional()
    .meta({ description: "The same for IPv6 knockers (optional, default start_command; empty: nothing runs)." }),
  stop_command: form.command.optional().meta({ description: "Runs when the time is over." }),
  stop_command_6: form.command
    .optional()
    .meta({ description: "The same for IPv6 knockers (optional, default stop_command)." }),
  privileges: z.literal("none", { error: "none, or nothing for what the daemon may do" }).optional().meta({
    description:
      "none: its commands run as a user who may do nothing, neither change the firewall nor read keys nor ask the daemon, and may use the network: for web hooks, mail, waking machines (optional, default what the daemon may do).",
  }),
  cmd_timeout: form.positiveDuration
    .optional()
    .meta({ description: "Time from the end of start_command to stop_command (optional, default 10s)." }),
  spa: form.spa.optional().meta({
    description:
      "Whether keys can open it with a signed packet, that names a port of open; or the ports by which it is named (optional, default false).",
  }),
  nat: z.boolean({ error: "true or false" }).optional().meta({
    description:
      "Whether a signed packet may also name the host behind this one to which a port of open leads, as fwknop -N does (optional, default false).",
  }),
  totp: form.totp.optional().meta({
    description:
      "Opens for the code of an authenticator app, two digits a knock: 492817 with ports: 20000-20299 is 20049, 20128, 20217, each tcp. A code opens once (optional).",
  }),
  require: form.bothInOrder.optional().meta({
    description:
      "What is asked for together: [sequence, totp] is first the sequence, then the code, each within seq_timeout (optional, default either of them).",
  }),
  max_for: form.positiveDuration.optional().meta({
    description: "The longest time that the sender of a signed packet may ask for (optional, default the time of for).",
  }),
});

/** What the form of single keys cannot say. */
export const door = doorKeys.superRefine((input, context) => {
  // `complete`: the sentence needs no "got ..." at its end.
  const report = (path: PropertyKey[], message: string) =>
    context.addIssue({ code: "custom", path, message, params: { complete: true } });
  const { sequence, one_time_sequences, spa = [], totp, max_for, for: openTime, cmd_timeout, open, target } = input;
  const bySpa = spa === "open" || spa.length > 0;
  const bySequence = sequence !== undefined || one_time_sequences !== undefined;
  if (!bySequence && !bySpa && totp === undefined) {
    report([], "expected sequence, one_time_sequences, totp or spa: nobody could ever open this door");
  }
  if (input.require !== undefined && (!bySequence || totp === undefined)) {
    report(["require"], "expected a sequence and totp beside it: both are required");
  }
  if (input.require !== undefined && bySpa) {
    report(["require"], "a signed packet would open without either: expected no spa here, give it a door of its own");
  }
  if (spa === "open" && open === undefined) {
    report(["spa"], "a signed packet names a port: expected open ports beside spa: true, or ports here");
  }
  if (max_for !== undefined && !bySpa)
    report(["max_for"], "only signed packets ask for a time: expected spa: true too");
  if (sequence !== undefined && one_time_sequences !== undefined) {
    report(["one_time_sequences"], "a door has either sequence or one_time_sequences, got both");
  }
  // Values that are wrong by themselves have been told, and are not what their types say.
  if (context.issues.length > 0) return;
  if (openTime !== undefined && cmd_timeout !== undefined && openTime !== cmd_timeout) {
    report(
      ["cmd_timeout"],
      "a grant has one end: for and cmd_timeout must be equal where both are given, or leave one out",
    );
  }
  if (max_for !== undefined && max_for < (openTime ?? cmd_timeout ?? DEFAULT_GRANT_MS)) {
    report(["max_for"], "expected at least the time that the door stays open by itself");
  }
  const steps = (sequence ?? []).map(formatPort);
  for (const [index, port] of (open ?? []).map(formatPort).entries()) {
    const step = steps.indexOf(port) + 1;
    if (step > 0) report(["open", index], `${port} is already watched: it is step ${step} of this door's own sequence`);
  }
  if (input.nat && natOpeningsOf({ open: open ?? [], spaPorts: spa === "open" ? (open ?? []) : spa }).length === 0) {
    report(
      ["nat"],
      "nothing to be led to: expected a port that leads to an IPv4 host, and that signed packets may ask for",
    );
  }
  for (const { index, message } of openingProblems(open ?? [], target)) report(["open", index], message);
});

/** What the rest of the program knows of it: names of its own, milliseconds, defaults that depend on other keys. */
export function buildDoor(name: string, input: z.output<typeof door>, prefixes: Door["prefixes"]): Door {
  const open = [...new Map((input.open ?? []).map((opening) => [formatOpening(opening), opening])).values()];
  const grantMs = input.for ?? input.cmd_timeout ?? DEFAULT_GRANT_MS;
  const spaPorts = input.spa === "open" ? open : (input.spa ?? []);
  const start6 = input.start_command_6 ?? input.start_command;
  const stop6 = input.stop_command_6 ?? input.stop_command;
  return {
    name,
    sequence: input.sequence ?? [],
    ...(input.one_time_sequences === undefined ? {} : { oneTimeSequences: input.one_time_sequences }),
    seqTimeoutMs: input.seq_timeout,
    seqCooldownMs: input.seq_cooldown,
    tcpflags: input.tcpflags,
    ...(input.target === undefined ? {} : { target: input.target }),
    open,
    sets: {
      ...(input.set === undefined ? {} : { 4: input.set }),
      ...(input.set_6 === undefined ? {} : { 6: input.set_6 }),
    },
    grantMs,
    spaPorts,
    natOpenings: input.nat ? natOpeningsOf({ open, spaPorts }) : [],
    ...(input.totp === undefined ? {} : { totp: codeRule(input.totp, input.require !== undefined) }),
    maxGrantMs: input.max_for ?? grantMs,
    prefixes,
    commands: {
      4: buildCommands(input.start_command, input.stop_command, input.privileges),
      6: buildCommands(start6, stop6, input.privileges),
    },
  };
}

/** As in knockd, an empty command is none, and without a start command the stop command does not run either. */
function buildCommands(
  start: Command | undefined,
  stop: Command | undefined,
  privileges: z.output<typeof door>["privileges"],
): Commands {
  if (isEmpty(start)) return {};
  const may = privileges === undefined ? {} : { privileges };
  return isEmpty(stop) ? { start: { ...start, ...may } } : { start: { ...start, ...may }, stop: { ...stop, ...may } };
}

function isEmpty(command: Command | undefined): command is undefined {
  return command === undefined || ("shell" in command && command.shell.trim() === "");
}
