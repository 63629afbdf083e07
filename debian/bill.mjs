// node bill.mjs FILE EPOCH [LIBRARY...]: writes the bill of materials (CycloneDX) of the package: npm's, less what only builds it, with these
// libraries of native code.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const [file = "", epoch = "0", ...beside] = process.argv.slice(2);
const libraries = JSON.parse(readFileSync("build/libraries.json", "utf8"));
const wanted = libraries
  .filter(({ name, isBundled }) => isBundled || beside.includes(name))
  .map(({ name, version }) => `${name}@${version}`);

const everything = JSON.parse(execFileSync("npm", ["sbom", "--sbom-format=cyclonedx"], { encoding: "utf8" }));
const components = everything.components
  .filter((one) => wanted.includes(one["bom-ref"]))
  .sort((one, other) => (one["bom-ref"] < other["bom-ref"] ? -1 : 1));
const missing = wanted.filter((ref) => !components.some((one) => one["bom-ref"] === ref));
if (missing.length > 0) throw new Error(`not in npm's bill of materials: ${missing.join(" ")}`);

// Its serial number is drawn by lot, and its time is now: the same commit shall give the same file.
const { serialNumber, ...bill } = everything;
bill.metadata.timestamp = new Date(Number(epoch) * 1000).toISOString();
// npm takes the name of the directory, and tells its own version.
bill.metadata.component.name = JSON.parse(readFileSync("package.json", "utf8")).name;
bill.metadata.tools = [{ vendor: "npm", name: "cli" }];
// Where npm has fetched it from is this machine's own affair.
bill.components = components.map(({ externalReferences = [], ...one }) => ({
  ...one,
  scope: "required",
  externalReferences: externalReferences.filter(({ type }) => type !== "distribution"),
}));
bill.dependencies = [{ ref: bill.metadata.component["bom-ref"], dependsOn: wanted }];
writeFileSync(file, `${JSON.stringify(bill, undefined, 2)}\n`);
