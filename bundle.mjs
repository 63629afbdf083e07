// What tsc has built, with the libraries it uses, as a few files in dist/: they load in half the time that two hundred take.
import { cpSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { librariesOf, licencesText } from "./libraries.mjs";

rmSync("dist", { recursive: true, force: true });
const settings = {
  outdir: "dist",
  outbase: "build/src",
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  legalComments: "none",
  // Less to read at each start. Names stay: an error's stack is for people.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: "warning",
};
/** What the entry of knockd loads only where it has no answer itself. */
const LATER = ["main.js", "commands/completing.js"];

// By itself: another file to open, and one to link, is a tenth of what the answer to --version takes.
await build({ ...settings, entryPoints: ["build/src/knockd.js"], external: LATER.map((file) => `./${file}`) });
const { metafile } = await build({
  ...settings,
  entryPoints: ["knock.js", "capture.js", ...LATER].map((file) => `build/src/${file}`),
  // What several commands share, and what only one of them needs, is a file of its own.
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  // Native code is loaded from where npm has built it.
  external: ["cap", "koffi"],
  // Which libraries are in it.
  metafile: true,
  // Libraries in the older module format ask for Node's modules with require.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
});

cpSync("src/shell/completion", "dist/completion", { recursive: true });
// What the service allows is read from its own lines.
for (const file of readdirSync("systemd").filter((name) => name === "knockd.service" || name.endsWith(".conf")))
  cpSync(`systemd/${file}`, `dist/unit/${file}`);
const { programFor } = await import("./build/src/main.js");
const { writePages } = await import("./build/src/shell/man/write-pages.js");
const program = await programFor("");
writePages("src/shell/man", "dist/man", program);
const { outlineOf } = await import("./build/src/shell/outline.js");
const { clientProgram } = await import("./build/src/shell/client-program.js");
writeFileSync("dist/outline.json", JSON.stringify(outlineOf(program, clientProgram())));

const libraries = librariesOf(metafile.inputs);
writeFileSync("dist/LICENSES.md", licencesText(libraries));
writeFileSync("build/libraries.json", JSON.stringify(libraries));
