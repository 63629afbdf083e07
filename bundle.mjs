// What tsc has built, with the libraries it uses, as a few files in dist/: they load in half the time that two hundred take.
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { librariesOf, licencesText } from "./libraries.mjs";

rmSync("dist", { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: ["build/src/knockd.js", "build/src/knock.js", "build/src/capture.js"],
  outdir: "dist",
  bundle: true,
  // What several commands share, and what only one of them needs, is a file of its own.
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  format: "esm",
  platform: "node",
  target: "node20.19",
  // Native code is loaded from where npm has built it.
  external: ["cap", "koffi"],
  legalComments: "none",
  // Which libraries are in it.
  metafile: true,
  // Libraries in the older module format ask for Node's modules with require.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  logLevel: "warning",
});

cpSync("src/shell/completion", "dist/completion", { recursive: true });
const { programFor } = await import("./build/src/main.js");
const { writePages } = await import("./build/src/shell/man/write-pages.js");
writePages("src/shell/man", "dist/man", await programFor(""));

const libraries = librariesOf(metafile.inputs);
writeFileSync("dist/LICENSES.md", licencesText(libraries));
writeFileSync("build/libraries.json", JSON.stringify(libraries));
