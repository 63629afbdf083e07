// The command line of the old knockd, as in every start script and image: `knockd -d -c FILE -i eth0`.

/** Its options that ours has no use for, by letter and by name, and why. */
const USELESS = new Map([
  ...both("d", "daemon", "it runs in the foreground, under systemd"),
  ...both("D", "debug", "knockd watch shows what each knock does"),
  ...both("v", "verbose", "options.log_level says how much is logged"),
  ...both("p", "pidfile", "systemd knows the process"),
  ...both("g", "logfile", "the journal has the log, or options.log_file"),
  ...both("l", "lookup", "the log shows addresses"),
  ...both("4", "only-ip-v4", "IPv6 knocks count as well"),
]);
const WAY =
  "knockd run -c /etc/knockd/knockd.yaml -i eth0 is the daemon; knockd import makes its file of a knockd.conf";

/** Undefined: it is not called so. */
export function oldHabit(words: readonly string[]): { readonly message: string; readonly hint: string } | undefined {
  const [first = ""] = words;
  const isOld = first.startsWith("-") && !/^(-h|--help|-V|--version|--instance)$/.test(first);
  const useless = isOld || first === "run" ? words.find((word) => USELESS.has(nameOf(word))) : undefined;
  if (!isOld && useless === undefined) return undefined;
  const why = useless === undefined ? "" : `${useless} is not needed, ${USELESS.get(nameOf(useless))}; `;
  const message = `unknown option '${isOld ? first : useless}'`;
  return { message, hint: `${why}${WAY}` };
}

/** `-p/run/x` and `--pidfile=/run/x` as well. */
function nameOf(word: string): string {
  return /^--([\w-]+)/.exec(word)?.[1] ?? /^-(\w)/.exec(word)?.[1] ?? "";
}

function both(letter: string, name: string, why: string): [string, string][] {
  return [
    [letter, why],
    [name, why],
  ];
}
