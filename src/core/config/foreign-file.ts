// A file that is no knockd.yaml, though people give it where one is expected: what it is, and what to do with it.

const SECTION = /^[ \t]*\[[^\]\n]+\][ \t\r]*$/m;
const DIRECTIVE =
  /^[ \t]*(sequence|one_time_sequences|seq_timeout|tcpflags|(start_|stop_)?command|usesyslog|logfile|interface)[ \t\r]*(=|$)/im;
const STANZA = /^[ \t]*SOURCE:?[ \t]+\S/m;

/** Undefined: it may be one. */
export function foreignFile(text: string): string | undefined {
  if (SECTION.test(text) && DIRECTIVE.test(text))
    return "this is a knockd.conf of the old knockd: turn it into a knockd.yaml with knockd import FILE";
  if (STANZA.test(text) && /^[ \t]*(HMAC_)?(KEY|KEY_BASE64|OPEN_PORTS):?[ \t]+\S/m.test(text))
    return "this is an access.conf of fwknop: turn it into a knockd.yaml with knockd import --keys DIRECTORY FILE";
  if (/^[ \t]*KNOCKD_OPTS=/m.test(text))
    return "this holds the options of the service: expected a knockd.yaml, see knockd.yaml(5)";
  return undefined;
}
