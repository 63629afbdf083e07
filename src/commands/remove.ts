// `knockd remove`: takes everything of ours out of the firewall; what was hidden is visible again.
import { EXIT, type ExitCode } from "../core/exit.ts";
import { chooseFirewall } from "../io/firewalls.ts";
import { loadConfig } from "./config-file.ts";
import { print } from "./terminal.ts";

export async function remove({ config }: { config: string }): Promise<ExitCode> {
  await chooseFirewall(loadConfig(config)).remove();
  print("nothing is hidden any more");
  return EXIT.OK;
}
