// Which libraries go with the program, each with its licence: those that esbuild took into the bundle, and cap beside it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const BESIDE = "cap";

/** `inputs` is esbuild's metafile's. */
export function librariesOf(inputs) {
  const bundled = Object.keys(inputs).flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const beside = existsSync(join("node_modules", BESIDE)) ? [BESIDE] : [];
  return [...new Set([...bundled, ...beside])].sort().map(libraryOf);
}

function libraryOf(name) {
  const directory = join("node_modules", name);
  const { version, license, licenses } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const id = license ?? licenses?.[0]?.type;
  const file = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined || id === undefined) throw new Error(`${name}: expected a licence and its text`);
  return { name, version, id, isBundled: name !== BESIDE, text: readFileSync(join(directory, file), "utf8") };
}

/** A text for people. */
export function licencesText(libraries) {
  const bundled = libraries.filter(({ isBundled }) => isBundled);
  const parts = bundled.map(({ name, version, id, text }) => `## ${name} ${version} (${id})\n\n${text.trim()}\n`);
  return `# The libraries in these files\n\n${parts.join("\n")}`;
}
