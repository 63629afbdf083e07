// All checks, in the order they are printed: a new one is a file beside this one, and a row here.
import { address } from "./checks/address-check.ts";
import { capture } from "./checks/capture-check.ts";
import { clock } from "./checks/clock-check.ts";
import { commands } from "./checks/commands-check.ts";
import { configFile } from "./checks/config-file-check.ts";
import { daemon } from "./checks/daemon-check.ts";
import { forwarding } from "./checks/forwarding-check.ts";
import { hiding } from "./checks/hiding-check.ts";
import { interfaces } from "./checks/interfaces-check.ts";
import { keys } from "./checks/keys-check.ts";
import { oneTime } from "./checks/one-time-check.ts";
import { others } from "./checks/others-check.ts";
import { ownSets } from "./checks/own-sets-check.ts";
import { privileges } from "./checks/privileges-check.ts";
import { saved } from "./checks/saved-check.ts";
import { services } from "./checks/services-check.ts";
import { state } from "./checks/state-check.ts";
import { stepLog } from "./checks/step-log-check.ts";
import { tools } from "./checks/tools-check.ts";
import { unit } from "./checks/unit-check.ts";
import type { Check } from "./machine-check.ts";

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
  address,
  ownSets,
  services,
  forwarding,
  saved,
  stepLog,
  commands,
  clock,
];
