// knockd.service as it is on this machine, with its drop-ins, and those that came with us.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "../core/sandbox/unit-needs.ts";
import { instance } from "./state/directories.ts";

/** Where the build puts them (from dist/ and dist/chunks/), and where they lie in the checkout. */
const SHIPPED = ["unit", "../unit", "../../systemd"].map((place) => join(import.meta.dirname, place));
const SYSTEMD = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
];
/** By how much they give, the least first. */
const DROP_INS = ["network", "home", "write", "iptables", "root"].map((name) => `knockd-${name}.conf`);

/** A line for a shell of root's: from then on the service has it. `path`: what a drop-in with a place for a path is to hold. */
export function dropInLine(name: string, path?: string): string {
  const from = join(shippedDirectory(), name);
  const target = `/etc/systemd/system/knockd${instance() === "" ? "" : `@${instance()}`}.service.d`;
  const put =
    path === undefined
      ? `install -D -m 644 -t ${target} ${from}`
      : `sed 's,/the/directory,${path},' ${from} | install -D -m 644 /dev/stdin ${target}/${name}`;
  const unit = instance() === "" ? "knockd" : `knockd@${instance()}`;
  return `${put} && systemctl daemon-reload && systemctl restart ${unit}`;
}

function shippedDirectory(): string {
  return SHIPPED.find((place) => read(join(place, "knockd.service")) !== undefined) ?? "";
}

/** As it came with us, on any machine. */
export function shippedSandbox(): Sandbox {
  const directory = shippedDirectory();
  const dropIns = DROP_INS.flatMap((name) => {
    const text = read(join(directory, name));
    return text === undefined ? [] : [{ name, text }];
  });
  return { unit: [read(join(directory, "knockd.service")) ?? ""], dropIns };
}

/** As this machine has it. */
export function sandboxHere(): Sandbox {
  const { unit, dropIns } = shippedSandbox();
  const names = instance() === "" ? ["knockd.service"] : ["knockd@.service", `knockd@${instance()}.service`];
  const installed = SYSTEMD.map((place) => read(join(place, names[0] ?? ""))).find((text) =>
    text?.includes("knockd run"),
  );
  const added = [...SYSTEMD].reverse().flatMap((place) => names.flatMap((name) => textsIn(join(place, `${name}.d`))));
  return { unit: [installed ?? unit[0] ?? "", ...added], dropIns };
}

function textsIn(directory: string): string[] {
  try {
    const names = readdirSync(directory)
      .filter((name) => name.endsWith(".conf"))
      .sort();
    return names.flatMap((name) => read(join(directory, name)) ?? []);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
