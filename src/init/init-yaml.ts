// The answers to `knockd init` -> the text of a knockd.yaml, with a word on each key for whoever edits it next.

import { formatPort, type Port } from "../core/port.ts";
import type { Answers } from "./init-answers.ts";

export const SSH_DOOR = "ssh";
/** Services that a door is called after. */
const NAMES: Record<string, string> = { "22/tcp": SSH_DOOR, "443/tcp": "web", "1194/udp": "vpn", "51820/udp": "vpn" };

export function doorName(port: Port, isSsh: boolean): string {
  return isSsh ? SSH_DOOR : (NAMES[formatPort(port)] ?? `${port.protocol}-${port.number}`);
}

/** In YAML a text in JSON's quotes is that text, whatever is in it. */
export function initYaml({ interface: name, port, steps, forMs, allow }: Answers, door: string): string {
  return `# knockd.yaml, made by knockd init: what is hidden, which knocks open it, and for how long.
#
#   after each change:   sudo knockd check                 says every problem at once, with its line
#                        sudo systemctl reload knockd      open doors stay open, a bad file changes nothing
#
# Keep it secret (mode 0640): whoever reads it can knock.

options:
  # Where knocks are looked for: a name, a list of names, or any.
  interface: ${JSON.stringify(name)}
${allow === undefined ? "" : allowed(allow)}
doors:
  ${door}:
    # The ports to knock at, in order. Another one: knockd suggest
    sequence: [${steps.map(formatPort).join(", ")}]

    # Hidden from everyone, and opened for the address that knocked.
    open: ${formatPort(port)}

    # How long it stays open for a knocker. Connections that are made live on after that.
    for: ${forMs / 1000}s
`;
}

function allowed(address: string): string {
  return `
  # Nothing is ever hidden from here: where you sat when this was made. Take it out once your knock works from there.
  allow: [${JSON.stringify(address)}]
`;
}
