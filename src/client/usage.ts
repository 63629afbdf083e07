// The help text of the client.
import { optionTexts } from "./option-table.ts";

const HEAD = `usage: knock [options] HOST PORT[:PROTO]...
       knock [options] PROFILE
       knock --list | --import LINE [--as NAME] | --export PROFILE

Knocks on the ports of HOST, in the order given; of a name with IPv4 and IPv6 addresses, on both.
A word alone is a profile of ~/.config/knock/config.yaml; with ports behind it, it is a host.

  PORT[:PROTO]        7000 (tcp), 7000:udp or 7000/udp, a name from /etc/services such as ssh or domain:udp,
                      100:icmp for one echo request with 100 data bytes`;

const EXAMPLES = `examples: knock myserver.example.com 7000 8000:udp 9000
          knock --wait 22 myserver.example.com 7000 8000:udp 9000 && ssh myserver.example.com
          knock home`;

/** `-i, --interface IF`, and two blanks. */
const FLAGS_WIDTH = 20;
const SAYS_LINES = /.{1,80}(?: |$)/g;

export function usage(): string {
  const sections = optionTexts().map(([section, options]) => [`${section}:`, ...options.flatMap(optionLines)]);
  return [HEAD, ...sections.flat(), "", EXAMPLES].join("\n");
}

function optionLines({ flags, says }: { flags: string; says: string }): string[] {
  const lines = says.match(SAYS_LINES) ?? [];
  return lines.map((line, index) => `  ${(index === 0 ? flags : "").padEnd(FLAGS_WIDTH)}${line.trimEnd()}`);
}
