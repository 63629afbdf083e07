// All checks, in the order they are printed: a new one is a file beside this one, and a row here.
import { capture } from "./capture.ts";
import type { Check } from "./check.ts";
import { clock } from "./clock.ts";
import { configFile } from "./config-file.ts";
import { daemon } from "./daemon.ts";
import { forwarding } from "./forwarding.ts";
import { hiding } from "./hiding.ts";
import { interfaces } from "./interfaces.ts";
import { keys } from "./keys.ts";
import { oneTime } from "./one-time.ts";
import { others } from "./others.ts";
import { ownSets } from "./own-sets.ts";
import { privileges } from "./privileges.ts";
import { services } from "./services.ts";
import { state } from "./state.ts";
import { tools } from "./tools.ts";
import { unit } from "./unit.ts";

export const CHECKS: readonly Check[] = [
  configFile,
  oneTime,
  keys,
  privileges,
  capture,
  tools,
  interfaces,
  state,
  unit,
  daemon,
  others,
  hiding,
  ownSets,
  services,
  forwarding,
  clock,
];
