// `knockd reload`: the running daemon reads its config file again.
import { Command } from "commander";
import { printResults } from "./ask-daemon.ts";
import { examples } from "./help-text.ts";

export const command = new Command("reload")
  .summary("make the running daemon read its file again")
  .description(
    "Makes the running daemon read its file again, and says how that went. Open doors stay open. A file with problems " +
      "changes nothing.",
  )
  .addHelpText("after", examples("knockd reload"))
  .action(async () => {
    process.exitCode = await printResults({ request: "reload" });
  });
