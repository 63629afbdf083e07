// `knockd remove`: takes everything of ours out of the firewall; what was hidden is visible again.
import { Command } from "commander";
import { chooseFirewall, removeOther } from "../io/firewall/firewalls.ts";
import { CONFIG_OPTION, loadConfig } from "./config-file.ts";
import { examples } from "./help-text.ts";
import { print } from "./terminal.ts";

export const command = new Command("remove")
  .summary("take everything of ours out of the firewall")
  .description(
    "Takes everything of ours out of the firewall: what was hidden is visible again. The daemon leaves what it hides " +
      "hidden when it ends; this is for afterwards.",
  )
  .option(...CONFIG_OPTION)
  .addHelpText("after", examples("knockd remove"))
  .action(async ({ config }: { config: string }) => {
    const loaded = loadConfig(config);
    await chooseFirewall(loaded).remove();
    await removeOther(loaded);
    print("nothing is hidden any more");
  });
