// `knockd suggest`: a sequence for someone who has none yet.
import { Command } from "commander";
import { suggestSequence } from "../core/config/suggest.ts";
import { randomFraction } from "../io/state/secret.ts";
import { print } from "../io/terminal.ts";
import { examples } from "./help-text.ts";

export const command = new Command("suggest")
  .summary("print a sequence that nobody guesses")
  .description("Prints a sequence that nobody guesses, as a line for the config file: another one each time.")
  .addHelpText("after", examples("knockd suggest"))
  .action(() => print(`sequence: ${suggestSequence(randomFraction)}`));
