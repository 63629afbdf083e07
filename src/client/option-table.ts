// The options of the client, each once: how it is written, what it takes, what it does. The parser, the help text, the manual
// page and the completion all come from here.

export interface OptionRow {
  readonly short?: string;
  /** What stands for its value in the help; in brackets it may be left out. */
  readonly takes?: string;
  readonly says: string;
}

/** By the heading under which the help lists them. The first seven are the C client's. */
export const OPTION_SECTIONS = {
  options: {
    udp: { short: "u", says: "knock on all ports by udp (icmp stays icmp)" },
    delay: { short: "d", takes: "MS", says: "wait MS milliseconds after every port (default 0)" },
    ipv4: { short: "4", says: "use an IPv4 address of HOST" },
    ipv6: { short: "6", says: "use an IPv6 address of HOST" },
    verbose: { short: "v", says: "print every knock" },
    version: { short: "V", says: "print the version" },
    help: { short: "h", says: "print this help" },
    interface: { short: "i", takes: "IF", says: "knock from an address of this interface" },
    source: {
      takes: "ADDRESS",
      says:
        "knock from this address. An encrypted packet asks for this address to be let in; local: for the one that " +
        "it leaves from, even a private one",
    },
    wait: {
      takes: "[PORT]",
      says:
        "then wait until PORT answers: exit code 0, or 1 when the time is over. The port may be left out where the " +
        "profile names it",
    },
    "wait-time": { takes: "TIME", says: "how long to wait, such as 5, 30s or 2m (default 10s)" },
    print: { says: "print what would be sent, and send nothing" },
  },
  "with a profile": {
    code: { takes: "DIGITS", says: "the code of an authenticator app (default: ask for it)" },
    spa: { takes: "PROFILE", says: "send the one encrypted packet of this profile" },
  },
  profiles: {
    list: { says: "print the profiles" },
    import: {
      takes: "LINE",
      says: 'add one, from knock://HOST/7000,8000/udp?wait=22#NAME or from "knock HOST 7000 8000:udp"',
    },
    as: { takes: "NAME", says: "its name (default: the one behind #, or the host)" },
    export: { takes: "PROFILE", says: "print a sequence as such a URI and as a command line" },
  },
} as const satisfies Record<string, Record<string, OptionRow>>;

type Sections = typeof OPTION_SECTIONS;
export type OptionName = { [Section in keyof Sections]: keyof Sections[Section] }[keyof Sections];

export const OPTIONS: Readonly<Record<OptionName, OptionRow>> = {
  ...OPTION_SECTIONS.options,
  ...OPTION_SECTIONS["with a profile"],
  ...OPTION_SECTIONS.profiles,
};

/** By section, `-d, --delay MS` and what it does. */
export function optionTexts(): [section: string, options: { flags: string; says: string }[]][] {
  return Object.entries(OPTION_SECTIONS).map(([section, rows]) => [
    section,
    Object.entries<OptionRow>(rows).map(([name, { short, takes, says }]) => ({
      flags: `${short === undefined ? "" : `-${short}, `}--${name}${takes === undefined ? "" : ` ${takes}`}`,
      says,
    })),
  ]);
}
