// `knockd metrics`: what the running daemon has counted, for Prometheus.
import { Command } from "commander";
import { metricsSchema } from "../core/control/requests.ts";
import { ask } from "../io/control/control-client.ts";
import { print } from "../io/terminal.ts";
import { examples } from "./help-text.ts";

export const command = new Command("metrics")
  .summary("print what the running daemon has counted")
  .description("Prints what the running daemon has counted since its start, in the text format of Prometheus.")
  .addHelpText("after", examples("knockd metrics"))
  .action(async () => {
    for await (const { metrics } of ask({ request: "metrics" }, metricsSchema)) print(metrics.trimEnd());
  });
