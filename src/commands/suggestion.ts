// `knockd suggest`: a sequence for someone who has none yet.
import { Command } from "commander";
import { suggestedBits, suggestSteps } from "../core/config/suggest.ts";
import { packetsText, timeText } from "../core/guard/odds.ts";
import { formatPort } from "../core/port.ts";
import { randomFraction } from "../io/state/secret.ts";
import { print } from "../io/terminal.ts";
import { examples } from "./help-text.ts";

export const command = new Command("suggest")
  .summary("print a sequence that nobody guesses")
  .description(
    "Prints a sequence that nobody guesses, as a line for the config file: another one each time. A comment says how many " +
      "packets the best scan needs that is known, on average, and how long it takes at 100,000 packets a second.",
  )
  .addHelpText("after", examples("knockd suggest"))
  .action(suggest);

function suggest(): void {
  const steps = suggestSteps(randomFraction);
  const bits = suggestedBits(steps);
  print(`sequence: [${steps.map(formatPort).join(", ")}]`);
  print(`# odds: the best scan needs ${packetsText(bits)} packets, ${timeText(bits)} at 100,000 a second`);
}
