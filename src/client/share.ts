// Profiles come and go as lines: --import puts one into the config file, --export prints one.

import { NAME } from "../core/config/blocks.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { formatPort } from "../core/port.ts";
import { formatLine, parseLine } from "./line.ts";
import { findProfile } from "./profile.ts";
import { configPath, readConfigFile } from "./profile-file.ts";
import type { Profile } from "./profile-schema.ts";
import { addProfile } from "./profile-write.ts";
import type { FindService } from "./target.ts";
import { formatUri, parseUri, SCHEME, type Shared } from "./uri.ts";

/** Returns what to say. */
export function importProfile(text: string, as: string | undefined, findService: FindService): string {
  const shared = text.toLowerCase().startsWith(SCHEME) ? parseUri(text) : parseLine(text, findService);
  const name = nameFor(as ?? shared.name ?? shared.host);
  const path = configPath();
  addProfile(path, name, {
    host: shared.host,
    sequence: shared.ports.map(formatPort),
    ...(shared.delayMs === 0 ? {} : { delay: `${shared.delayMs}ms` }),
    ...(shared.family === 0 ? {} : { family: shared.family }),
    ...(shared.wait === undefined ? {} : { wait: formatPort(shared.wait) }),
  });
  return `profile ${JSON.stringify(name)} is now in ${path}: try "knock --print ${name}"`;
}

/** The URI, then the command line that the C client takes too. */
export function exportProfile(name: string): readonly string[] {
  const path = configPath();
  const shared = sharedOf(name, findProfile(readConfigFile(path), name, path));
  return [formatUri(shared), formatLine(shared)];
}

function sharedOf(name: string, { host, sequence, totp, spa, delay, family, wait }: Profile): Shared {
  if (sequence === undefined || (totp ?? spa) !== undefined) {
    throw new Failure(
      EXIT.FAILED,
      `cannot export ${JSON.stringify(name)}: only a sequence fits into a line, keys and codes do not`,
    );
  }
  return { name, host, ports: sequence, delayMs: delay, family: family ?? 0, wait };
}

function nameFor(text: string): string {
  if (NAME.test(text)) return text;
  throw new Failure(
    EXIT.FAILED,
    `${JSON.stringify(text)} cannot be a profile's name`,
    'give one that begins with a letter: "--as NAME"',
  );
}
