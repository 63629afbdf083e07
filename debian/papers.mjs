// node papers.mjs DIRECTORY EPOCH: writes what a package says of the libraries in it: their licences (copyright) and a bill of
// materials (sbom.cdx.json, CycloneDX). What is in it is what the bundle was made of, and cap if it is there.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [directory = ".", epoch = "0", withCap = ""] = process.argv.slice(2);
const { inputs } = JSON.parse(readFileSync("build/bundle.json", "utf8"));
const bundled = Object.keys(inputs).flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
const names = [...new Set([...bundled, ...(withCap === "" ? [] : ["cap"])])].sort();
const libraries = names.map((name) => {
  const at = join("node_modules", name);
  const { version, license, licenses } = JSON.parse(readFileSync(join(at, "package.json"), "utf8"));
  const file = readdirSync(at).find((entry) => /^licen[cs]e/i.test(entry));
  const id = license ?? licenses?.[0]?.type;
  if (file === undefined || id === undefined) throw new Error(`${name}: expected a licence and its text`);
  return { name, version, id, text: readFileSync(join(at, file), "utf8") };
});

/** As a field of a machine-readable copyright file: each line indented, an empty one a dot. */
function field(text) {
  return text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => (line.trim() === "" ? " ." : ` ${line.trimEnd()}`))
    .join("\n");
}

/** The lines that name who has it. */
function holders(text) {
  const lines = text
    .split(/\r?\n/)
    .filter((line) => /^\s*copyright\b.*\d{4}|^\s*copyright \(c\)|^Copyright /i.test(line));
  return lines.length > 0 ? lines.map((line) => ` ${line.trim()}`).join("\n") : " see the licence's text";
}

const ours = readFileSync("LICENSE", "utf8");
const stanzas = [
  "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: knockd",
  `Files: *\nCopyright:\n${holders(ours)}\nLicense: knockd\n${field(ours)}`,
  ...libraries.map(
    ({ name, version, id, text }) =>
      `Files: ${name === "cap" ? "usr/lib/knockd/node_modules/cap/*" : "usr/lib/knockd/dist/*"}\nComment: ${name} ${version} (${id})\nCopyright:\n${holders(text)}\nLicense: ${name.replaceAll(/[^\w.-]/g, "-")}-licence\n${field(text)}`,
  ),
];
writeFileSync(join(directory, "copyright"), `${stanzas.join("\n\n")}\n`);

const all = JSON.parse(execFileSync("npm", ["sbom", "--sbom-format=cyclonedx"], { encoding: "utf8" }));
const components = all.components
  .filter(({ name, group }) => names.includes(group === undefined ? name : `${group}/${name}`) || names.includes(name))
  .sort((one, other) => (one["bom-ref"] < other["bom-ref"] ? -1 : 1));
const missing = names.filter((name) => !components.some((one) => one["bom-ref"].startsWith(`${name}@`)));
if (missing.length > 0) throw new Error(`not in the bill of materials: ${missing.join(" ")}`);
// Its serial number is drawn by lot, and its time is now: the same commit gives the same file.
const { serialNumber, ...bill } = all;
bill.metadata.timestamp = new Date(Number(epoch) * 1000).toISOString();
// npm takes the name of the directory, and tells its own version.
bill.metadata.component.name = JSON.parse(readFileSync("package.json", "utf8")).name;
bill.metadata.tools = [{ vendor: "npm", name: "cli" }];
const root = bill.metadata.component["bom-ref"];
bill.components = components.map((one) => ({ ...one, scope: "required" }));
bill.dependencies = [{ ref: root, dependsOn: components.map((one) => one["bom-ref"]) }];
writeFileSync(join(directory, "sbom.cdx.json"), `${JSON.stringify(bill, undefined, 2)}\n`);
