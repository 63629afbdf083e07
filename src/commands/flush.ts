// `knockd flush`: takes everything of ours out of the firewall; what was hidden is visible again.
import { Command } from "commander";
import { chooseFirewall, removeOther } from "../io/firewall/firewalls.ts";
import { CONFIG_OPTION, loadConfig } from "../io/read-config.ts";
import { hint, print } from "../io/terminal.ts";
import { examples } from "./help-text.ts";

export const command = new Command("flush")
  .summary("take everything of ours out of the firewall")
  .description(
    "Takes everything of ours out of the firewall: what was hidden is visible again. The daemon leaves what it hides " +
      "hidden when it ends; this is for afterwards.",
  )
  .option(...CONFIG_OPTION)
  .addHelpText("after", examples("knockd flush"))
  .action(async ({ config }: { config: string }) => {
    const loaded = loadConfig(config);
    await chooseFirewall(loaded).remove();
    const problems = await removeOther(loaded);
    for (const problem of problems) hint(problem);
    print(problems.length === 0 ? "nothing is hidden any more" : `${loaded.firewall} hides nothing any more`);
  });
