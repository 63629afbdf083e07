// node copyright.mjs FILE [LIBRARY...]: writes who wrote what is in the package, and under which licence, in Debian's
// machine-readable form (DEP-5).
import { readFileSync, writeFileSync } from "node:fs";

const [file = "", ...withThese] = process.argv.slice(2);
const libraries = JSON.parse(readFileSync("build/libraries.json", "utf8"));
const bundled = libraries.filter(({ isBundled }) => isBundled);
const beside = libraries.filter(({ name, isBundled }) => !isBundled && withThese.includes(name));

/** Each line indented, an empty one a dot. */
function field(text) {
  const lines = text.trimEnd().split(/\r?\n/);
  return lines.map((line) => (line.trim() === "" ? " ." : ` ${line.trimEnd()}`)).join("\n");
}

/** The lines that name who has it. */
function holders(text) {
  const lines = text.split(/\r?\n/).filter((line) => /^\s*copyright\b.*(?:\d{4}|\(c\))/i.test(line));
  return lines.length > 0 ? lines.map((line) => ` ${line.trim()}`).join("\n") : " see the licence's text";
}

function licence({ name }) {
  return `${name.replaceAll(/[^\w.-]/g, "-")}-licence`;
}

const ours = { name: "knockd", text: readFileSync("LICENSE", "utf8") };
const inBundle = [ours, ...bundled];
const stanzas = [
  "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: knockd",
  `Files: *\nCopyright:\n${holders(ours.text)}\nLicense: ${licence(ours)}`,
  `Files: usr/lib/knockd/dist/*\nCopyright:\n${inBundle.map(({ text }) => holders(text)).join("\n")}\nLicense: ${inBundle.map(licence).join(" and ")}`,
  ...beside.map(
    (library) =>
      `Files: usr/lib/knockd/node_modules/${library.name}/*\nCopyright:\n${holders(library.text)}\nLicense: ${licence(library)}`,
  ),
  ...[ours, ...bundled, ...beside].map((library) => {
    const comment =
      library.version === undefined ? "" : `\nComment: ${library.name} ${library.version} (${library.id})`;
    return `License: ${licence(library)}\n${field(library.text)}${comment}`;
  }),
];
writeFileSync(file, `${stanzas.join("\n\n")}\n`);
