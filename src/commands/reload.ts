// `knockd reload`: the running daemon reads its config file again.
import { Command } from "commander";
import { printDeeds } from "./deeds.ts";

export const command = new Command("reload")
  .description("make the running daemon read its file again; a bad file changes nothing")
  .action(async () => {
    process.exitCode = await printDeeds({ request: "reload" });
  });
