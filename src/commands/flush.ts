// `knockd flush`: takes everything of ours out of the firewall; what was hidden is visible again.
import { Command } from "commander";
import { removeAll } from "../io/firewall/firewalls.ts";
import { hint, print } from "../io/terminal.ts";
import { examples } from "./help-text.ts";

export const command = new Command("flush")
  .summary("take everything of ours out of the firewall")
  .description(
    "Takes everything of ours out of the firewall, whatever stands in the config: what was hidden is visible again. The " +
      "daemon leaves what it hides hidden when it ends; this is for afterwards.",
  )
  .option("-c, --config <file>", "not needed: what is ours is known by its name")
  .addHelpText("after", examples("knockd flush"))
  .action(async () => {
    const problems = await removeAll();
    for (const problem of problems) hint(problem);
    print(problems.length === 0 ? "nothing is hidden any more" : "nftables hides nothing any more");
  });
