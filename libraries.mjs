// Which libraries go with the program, each with its licence: those that esbuild took into the bundle, and those
// with native code beside it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** koffi has its native code in a package for each platform, of which npm installs this machine's. */
const BESIDE = ["cap", "koffi", ...koffiPlatforms()];

/** `inputs` is esbuild's metafile's. */
export function librariesOf(inputs) {
  const bundled = Object.keys(inputs).flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const beside = BESIDE.filter((name) => existsSync(join("node_modules", name)));
  return [...new Set([...bundled, ...beside])].sort().map(libraryOf);
}

function libraryOf(name) {
  const directory = join("node_modules", name);
  const { version, license, licenses } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const id = license ?? licenses?.[0]?.type;
  const file = licenceIn(directory) ?? (name.startsWith("@koromix/") ? licenceIn("node_modules/koffi") : undefined);
  if (file === undefined || id === undefined) throw new Error(`${name}: expected a licence and its text`);
  return { name, version, id, isBundled: !BESIDE.includes(name), text: readFileSync(file, "utf8") };
}

function licenceIn(directory) {
  const name = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry));
  return name === undefined ? undefined : join(directory, name);
}

function koffiPlatforms() {
  const scope = "node_modules/@koromix";
  return existsSync(scope) ? readdirSync(scope).map((name) => `@koromix/${name}`) : [];
}

/** A text for people. */
export function licencesText(libraries) {
  const bundled = libraries.filter(({ isBundled }) => isBundled);
  const parts = bundled.map(({ name, version, id, text }) => `## ${name} ${version} (${id})\n\n${text.trim()}\n`);
  return `# The libraries in these files\n\n${parts.join("\n")}`;
}
