// `knockd metrics`: what the running daemon has counted, for Prometheus.
import { Command } from "commander";
import { metricsSchema } from "../core/control.ts";
import { ask } from "../io/control-client.ts";
import { print } from "./terminal.ts";

export const command = new Command("metrics")
  .description("print what the running daemon has counted, in the text format of Prometheus")
  .action(async () => {
    for await (const { metrics } of ask({ request: "metrics" }, metricsSchema)) print(metrics.trimEnd());
  });
