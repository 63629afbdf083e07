// A profile of the config file, and what the command line says beside it -> what to do.

import { nearest } from "../core/config/nearest.ts";
import { EXIT, Failure } from "../core/exit.ts";
import type { Port } from "../core/port.ts";
import { codePorts, readCode } from "../core/totp/totp.ts";
import { codeOfNow, promptForCode } from "./ask-code.ts";
import type { ProfileRequest } from "./options.ts";
import { DOUBTS, type Plan } from "./plan.ts";
import { type ConfigFile, configPath, readConfigFile } from "./profile-file.ts";
import type { Profile } from "./profile-schema.ts";

/** undefined: a word alone that is no profile, for there are none; the C client answers it with its usage. */
export async function planOfProfile(request: ProfileRequest): Promise<Plan | undefined> {
  const path = configPath();
  const file = readConfigFile(path);
  if (file === undefined && !request.spaOnly) return undefined;
  const profile = findProfile(file, request.name, path);
  refuseMisuse(request, profile);
  const sends = await sendsOf(request, profile);
  return {
    host: profile.host,
    family: profile.spa === undefined ? request.family || profile.family || 0 : 4,
    sends,
    origin: originOf(request, profile),
    wait: waitOf(request, profile),
    doubt: DOUBTS[profile.totp === undefined ? sends.by : "code"],
  };
}

export function findProfile(file: ConfigFile | undefined, name: string, path: string): Profile {
  if (file === undefined) throw new Failure(EXIT.FAILED, `no profile ${JSON.stringify(name)}: there is no ${path}`);
  if (Object.hasOwn(file.profiles, name)) {
    const profile = file.profiles[name];
    if (profile !== undefined) return profile;
  }
  const names = Object.keys(file.profiles);
  const meant = nearest(name, names);
  const all = names.length === 0 ? "it holds no profiles" : 'try "knock --list"';
  const hint = meant === undefined ? `${all}; without a profile: knock HOST PORT...` : `did you mean ${meant}?`;
  throw new Failure(EXIT.FAILED, `no profile ${JSON.stringify(name)} in ${path}`, hint);
}

function refuseMisuse(request: ProfileRequest, { spa, totp }: Profile): void {
  const name = JSON.stringify(request.name);
  if (request.spaOnly && spa === undefined)
    throw new Failure(EXIT.FAILED, `profile ${name} has no spa`, `try "knock ${request.name}"`);
  if (request.code !== undefined && totp === undefined)
    throw new Failure(EXIT.FAILED, `profile ${name} takes no code: it has no totp`);
  if (spa === undefined) return;
  if (request.family === 6 || request.source?.includes(":") === true)
    throw new Failure(EXIT.FAILED, "spa is IPv4 only");
  if (request.delayMs !== undefined)
    throw new Failure(EXIT.FAILED, `option "--delay" is for knocks: profile ${name} sends one packet`);
}

async function sendsOf(request: ProfileRequest, profile: Profile): Promise<Plan["sends"]> {
  const { spa, totp, sequence = [], source } = profile;
  if (spa !== undefined) {
    return {
      by: "packet",
      port: spa.port,
      key: spa.key,
      hmacKey: spa.hmac_key,
      username: spa.user,
      asksFor: spa.open,
      timeoutS: spa.timeout === undefined ? undefined : Math.ceil(spa.timeout / 1000),
      address: request.interface === undefined ? (request.source ?? source) : request.source,
    };
  }
  if (totp === undefined) return knocks(sequence, request, profile);
  const code = await codeFor(request, totp);
  if (code === undefined) return { by: "code", ports: sequence, firstPort: totp.ports, digits: totp.digits };
  return knocks([...sequence, ...codePorts(code, totp.ports)], request, profile);
}

function knocks(ports: readonly Port[], request: ProfileRequest, profile: Profile): Plan["sends"] {
  return { by: "knocks", ports, delayMs: request.delayMs ?? profile.delay };
}

/** undefined: nobody has said one, and nobody is asked for what is only printed. */
async function codeFor(request: ProfileRequest, totp: NonNullable<Profile["totp"]>): Promise<string | undefined> {
  if (request.code !== undefined) return checked(request.code, totp.digits);
  if (totp.secret !== undefined) return await codeOfNow(totp.secret, totp.digits);
  return request.print ? undefined : checked(promptForCode(request.name), totp.digits);
}

function checked(text: string, digits: number): string {
  try {
    const code = readCode(text);
    if (code.length === digits) return code;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new Failure(EXIT.FAILED, `expected a code of ${digits} digits, got ${JSON.stringify(text)}`);
}

/** A given source is what a packet says, not where it leaves from: behind NAT it is not ours. */
function originOf(request: ProfileRequest, profile: Profile): Plan["origin"] {
  const isGiven = request.interface !== undefined || request.source !== undefined;
  const { interface: device, source } = isGiven ? request : profile;
  return { interface: device, source: profile.spa === undefined ? source : undefined };
}

function waitOf(request: ProfileRequest, profile: Profile): Plan["wait"] {
  const port = request.waitPort ?? profile.wait ?? (request.waits ? profile.spa?.open[0] : undefined);
  if (port !== undefined) return { port, forMs: request.waitMs ?? profile.wait_time };
  if (!request.waits) return undefined;
  throw new Failure(
    EXIT.FAILED,
    `profile ${JSON.stringify(request.name)} names no port to wait for`,
    'give it, as in "--wait 22"',
  );
}
