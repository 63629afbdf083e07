// What tsc has built, with the libraries it uses, as a few files in dist/: they load in half the time that two hundred take.
import { cpSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { librariesOf, licencesText } from "./libraries.mjs";
import { precompile } from "./precompile.mjs";

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
/** Native code is loaded from where npm has built it. */
const external = ["cap", "koffi"];

// By itself: another file to open, and one to link, is a tenth of what the answer to --version takes.
await build({
  ...settings,
  entryPoints: ["build/src/knockd.js"],
  external: ["./commands/completing.js"],
  plugins: [
    onResolve(/^\.\/main\.js$/, () => ({ path: fileURLToPath(new URL("build/src/compiled.js", import.meta.url)) })),
  ],
});
const others = await build({
  ...settings,
  entryPoints: ["knock.js", "capture.js", "try-keys.js", "commands/completing.js"].map((file) => `build/src/${file}`),
  // What several commands share, and what only one of them needs, is a file of its own.
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  external,
  // Which libraries are in it.
  metafile: true,
  // Libraries in the older module format ask for Node's modules with require.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
});
const { SCRIPTS, WHOLE } = await import("./build/src/compiled.js");
const scripts = [];
for (const [name, commands] of [...Object.entries(SCRIPTS), [WHOLE]]) scripts.push(await script(name, commands));
await build({ ...settings, entryPoints: ["build/src/compiled.js"], outfile: "dist/main.js", outdir: undefined });

/** The program with these commands, or with all of them, as a script of the older kind: of those, V8's code can be kept. */
function script(name, commands) {
  const isOther = ({ importer, path }) =>
    importer.endsWith("/build/src/main.js") && commands?.every((command) => path !== fileOf(command));
  return build({
    ...settings,
    entryPoints: ["build/src/main.js"],
    outfile: `dist/scripts/${name}.cjs`,
    outdir: undefined,
    format: "cjs",
    external,
    metafile: true,
    supported: { "dynamic-import": false },
    // Never asked for: the other commands have another script.
    plugins: [
      onResolve(/^\.\/commands\//, (asked) => (isOther(asked) ? { path: asked.path, external: true } : undefined)),
    ],
    // By a name that nothing in it has.
    define: { "import.meta": "__place" },
    banner: { js: "(function(require,__place){const module={exports:{}};" },
    footer: { js: "return module.exports})" },
  });
}

function onResolve(filter, resolve) {
  return { name: String(filter), setup: (bundler) => bundler.onResolve({ filter }, resolve) };
}

function fileOf(command) {
  return `./commands/${command}.js`;
}

cpSync("src/shell/completion", "dist/completion", { recursive: true });
// What the service allows is read from its own lines.
for (const file of readdirSync("systemd").filter((name) => name === "knockd.service" || name.endsWith(".conf")))
  cpSync(`systemd/${file}`, `dist/unit/${file}`);
const { programFor } = await import("./build/src/main.js");
const { writePages } = await import("./build/src/shell/man/write-pages.js");
const commands = await programFor("");
writePages("src/shell/man", "dist/man", commands);
const { outlineOf } = await import("./build/src/shell/outline.js");
const { clientProgram } = await import("./build/src/shell/client-program.js");
writeFileSync("dist/outline.json", JSON.stringify(outlineOf(commands, clientProgram())));

const libraries = librariesOf(Object.assign({}, ...[others, ...scripts].map(({ metafile }) => metafile.inputs)));
writeFileSync("dist/LICENSES.md", licencesText(libraries));
writeFileSync("build/libraries.json", JSON.stringify(libraries));

for (const name of [...Object.keys(SCRIPTS), WHOLE]) await precompile(name);
