// `knockd howto`: the knock of a door as lines to paste, for ordinary tools.
import { Command } from "commander";
import { formatAddress } from "../core/address.ts";
import type { Config } from "../core/config/config.ts";
import type { Door } from "../core/door.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { formatOpening } from "../core/opening.ts";
import { formatPort, type Port } from "../core/port.ts";
import { reasonOf } from "../core/text/words.ts";
import { type Host, parseHost } from "../howto/howto-host.ts";
import { type Shown, showKnocks } from "../howto/howto-lines.ts";
import { OWN_ADDRESS, showPackets } from "../howto/howto-packets.ts";
import { stepsOf } from "../howto/howto-steps.ts";
import { CONFIG_OPTION, loadConfig } from "../io/read-config.ts";
import { print } from "../io/terminal.ts";
import { examples } from "./help-text.ts";

interface Options {
  readonly config: string;
  readonly host: string;
  readonly code?: string;
  readonly json?: boolean;
}

export const command = new Command("howto")
  .summary("print a door's knock as lines to paste")
  .description(
    "Prints a door's knock as lines to paste, for knock, fwknop, nmap, nc, bash, ping, Python and PowerShell; of a tool that " +
      "cannot knock there, why.",
  )
  .argument("<door>", "the name of a door")
  .requiredOption("--host <host>", "this machine as its knockers know it: a name or an address")
  .option(...CONFIG_OPTION)
  .option("--code <code>", "the code that an authenticator app shows now, for a door that takes one")
  .option("--json", "print one JSON object")
  .addHelpText(
    "after",
    examples(
      "knockd howto ssh --host server.example.com",
      "knockd howto phone --host server.example.com --code 492817",
    ),
  )
  .action((name: string, options: Options) => {
    const host = hostOf(options.host);
    const config = loadConfig(options.config);
    const door = doorOf(name, config);
    const steps = isPacketOnly(door) ? [] : stepsOf(door, options.code);
    const isCode = options.code !== undefined;
    const knocks = steps.length === 0 ? [] : showKnocks(door, steps, host);
    const shown = [...knocks, ...showPackets(door, config.keys, host, config.spaPort)];
    if (shown.length === 0) throw new Failure(EXIT.UNAVAILABLE, ...noKey(door, host));
    print(
      options.json
        ? JSON.stringify(asJson(door, steps, host, shown, isCode))
        : asText(door, steps, host, shown, isCode),
    );
  });

function hostOf(text: string): Host {
  try {
    return parseHost(text);
  } catch (error) {
    throw new Failure(EXIT.USAGE, `--host: ${reasonOf(error)}`);
  }
}

function doorOf(name: string, { doors }: Config): Door {
  const door = doors.find((each) => each.name === name);
  if (door !== undefined) return door;
  const names = doors.map((each) => each.name).join(" ");
  throw new Failure(EXIT.USAGE, `no door ${JSON.stringify(name)}, expected one of ${names}`);
}

function isPacketOnly({ sequence, oneTimeSequences, totp }: Door): boolean {
  return sequence.length === 0 && oneTimeSequences === undefined && totp === undefined;
}

function noKey({ name }: Door, { text }: Host): [string, string] {
  return [
    `door ${name} opens to signed packets, but no key opens it`,
    `knockd keygen NAME --host ${text} --door ${name}`,
  ];
}

function asText(door: Door, steps: readonly Port[], host: Host, shown: readonly Shown[], isCode: boolean): string {
  const once = isOnce(door, isCode) ? ", good once" : "";
  const opens =
    door.open.length === 0 ? "" : `; opens ${door.open.map(formatOpening).join(" ")} for ${door.grantMs / 1000} s`;
  const target = door.target === undefined ? "" : `, to ${formatAddress(door.target)} and no other address`;
  const knock = `${steps.map(formatPort).join(" ")} within ${door.seqTimeoutMs / 1000} s`;
  const earned =
    steps.length === 0 ? "one signed packet" : door.spaPorts.length === 0 ? knock : `${knock}, or one signed packet`;
  const head = `# ${door.name} on ${host.text}: ${earned}${target}${once}${opens}`;
  const blocks = shown.map((each) =>
    "line" in each ? `# ${each.tool}\n${each.line}` : `# ${each.tool}: cannot, ${each.cannot}`,
  );
  const address = shown.some((each) => "line" in each && each.line.includes(` ${OWN_ADDRESS} `));
  const hint = `# ${OWN_ADDRESS}: yours, as ${host.text} sees it; the keys are in ~/.fwknoprc, where knockd keygen had them put`;
  return [head, ...(address ? [hint] : []), ...blocks].join("\n\n");
}

function isOnce({ oneTimeSequences }: Door, isCode: boolean): boolean {
  return isCode || oneTimeSequences !== undefined;
}

function asJson(door: Door, steps: readonly Port[], host: Host, knocks: readonly Shown[], isCode: boolean) {
  const { name, seqTimeoutMs, grantMs, open } = door;
  return {
    door: name,
    host: host.text,
    steps: steps.map(formatPort),
    seq_timeout: seqTimeoutMs / 1000,
    one_time: isOnce(door, isCode),
    opens: open.map(formatPort),
    for: grantMs / 1000,
    knocks,
  };
}
