// The facts that several checks look at, each learned once and only if it is asked for.
import { resolve } from "node:path";
import type { Config } from "../core/config/config.ts";
import { type Links, learnLinks } from "./links.ts";
import { type Knockd, type Processes, readProcesses } from "./processes.ts";
import { learnRules, type Rules } from "./rules.ts";

/** The config as it was read, or why it could not be. */
export type ConfigRead = { readonly config: Config } | { readonly problem: string };

export class Machine {
  readonly file: string;
  readonly read: ConfigRead;
  readonly stateDirectory: string;
  /** One that knocked, and wants to know why it does not come in. */
  readonly address: string | undefined;
  #links: Promise<Links> | undefined;
  #rules: Promise<Rules> | undefined;
  #processes: Processes | undefined;

  constructor(file: string, read: ConfigRead, stateDirectory: string, address?: string) {
    this.address = address;
    this.file = file;
    this.read = read;
    this.stateDirectory = stateDirectory;
  }

  /** Undefined for a file that cannot be used; then only what does not depend on it is looked at. */
  get config(): Config | undefined {
    return "config" in this.read ? this.read.config : undefined;
  }

  links(): Promise<Links> {
    const name = this.daemons()[0]?.interface;
    this.#links ??= learnLinks(name === undefined ? (this.config?.interfaces ?? []) : [name]);
    return this.#links;
  }

  rules(): Promise<Rules> {
    this.#rules ??= learnRules();
    return this.#rules;
  }

  /** Those of ours that run with this config; there should be one. */
  daemons(): Knockd[] {
    return this.processes().knockds.filter(({ kind, file }) => kind === "ours" && file === resolve(this.file));
  }

  processes(): Processes {
    this.#processes ??= readProcesses();
    return this.#processes;
  }
}
