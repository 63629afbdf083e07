// `knockd remove`: takes everything of ours out of the firewall; what was hidden is visible again.
import { Command } from "commander";
import { chooseFirewall } from "../io/firewalls.ts";
import { CONFIG_OPTION, loadConfig } from "./config-file.ts";
import { print } from "./terminal.ts";

export const command = new Command("remove")
  .description("take everything of ours out of the firewall")
  .option(...CONFIG_OPTION)
  .action(async ({ config }: { config: string }) => {
    await chooseFirewall(loadConfig(config)).remove();
    print("nothing is hidden any more");
  });
