// The profiles, one a line: name, host, how it knocks. No ports: a list is shown to people who look over a shoulder.

import { formatPort } from "../core/port.ts";
import { configPath, readConfigFile } from "./profile-file.ts";
import type { Profile } from "./profile-schema.ts";

export function listProfiles(): readonly string[] {
  const rows = Object.entries(readConfigFile(configPath())?.profiles ?? {});
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const hostWidth = Math.max(...rows.map(([, { host }]) => host.length));
  return rows.map(
    ([name, profile]) => `${name.padEnd(nameWidth)}  ${profile.host.padEnd(hostWidth)}  ${waysOf(profile)}`,
  );
}

function waysOf({ sequence, totp, spa, wait }: Profile): string {
  const ways = [sequence && "sequence", totp && (totp.secret === undefined ? "code, asked for" : "code"), spa && "spa"];
  const waits = wait === undefined ? [] : [`waits for ${formatPort(wait)}`];
  return [...ways.filter((way) => way !== undefined), ...waits].join(", ");
}
