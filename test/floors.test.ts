// The floors of the house: who may import whom, and what the pure floor never touches.

import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src", import.meta.url));

interface Floor {
  readonly mayImport: RegExp;
  /** Types vanish when the program is built, so a floor may name one that it could not use. */
  readonly mayImportTypes?: RegExp;
  readonly mayNotUse: RegExp;
  /** By file: the one thing more that it may import, since it says why. */
  readonly mayAlsoImport?: Record<string, string>;
  readonly linesMax: number;
}

const CASTS = /\bas (any|unknown|never)\b|: any\b|@ts-/;

const NO_WRITES =
  /console\.|process\.exit\b|execSync|shell: true|write(File|Sync)\(|mkdir|unlink|rename|chmodSync|rmSync/;
const IMPURE =
  /Date\.now|new Date|performance\.|setTimeout|setInterval|setImmediate|process\.|console\.|"node:|\bfetch\(/;
const NO_SHELL = /console\.|process\.exit\b|shell: true/;

const floors: Record<string, Floor> = {
  core: {
    mayImport: /^(core\/[\w/-]+\.ts|yaml|zod|ipaddr\.js|leven|tinyqueue)$/,
    mayNotUse: IMPURE,
    // Arithmetic: it asks nobody and knows no time.
    mayAlsoImport: { "spa/crypto.ts": "node:crypto", "totp/code.ts": "otpauth", "totp/code-enrol.ts": "otpauth" },
    linesMax: 250,
  },
  import: { mayImport: /^((core|import)\/[\w/-]+\.ts|yaml|zod)$/, mayNotUse: IMPURE, linesMax: 250 },
  io: {
    mayImport: /^((core|io)\/[\w/-]+\.ts|node:[\w/]+|pino|zod)$/,
    mayNotUse: /console\.|process\.exit\b|execSync|shell: true/,
    // Calls of the C library.
    mayAlsoImport: { "netlink/libc.ts": "koffi" },
    linesMax: 250,
  },
  client: {
    mayImport: /^((core|client)\/[\w/-]+\.ts|node:[\w/]+|ipaddr\.js|otpauth|yaml|zod)$/,
    mayNotUse: NO_SHELL,
    linesMax: 150,
  },
  daemon: { mayImport: /^((core|io|daemon)\/[\w/-]+\.ts)$/, mayNotUse: NO_SHELL, linesMax: 250 },
  doctor: {
    mayImport: /^((core|io|doctor)\/[\w/-]+\.ts|node:[\w/]+|zod)$/,
    mayNotUse: NO_WRITES,
    linesMax: 250,
  },
  explain: { mayImport: /^((core|io|explain)\/[\w/-]+\.ts|node:[\w/]+)$/, mayNotUse: NO_WRITES, linesMax: 250 },
  howto: { mayImport: /^((core|io|howto)\/[\w/-]+\.ts|node:[\w/]+)$/, mayNotUse: NO_WRITES, linesMax: 250 },
  init: { mayImport: /^((core|io|doctor|howto|init)\/[\w/-]+\.ts|node:[\w/]+)$/, mayNotUse: NO_SHELL, linesMax: 250 },
  shell: {
    mayImport: /^((core|client|shell)\/[\w/-]+\.ts|node:[\w/]+|commander|zod)$/,
    mayNotUse: NO_SHELL,
    linesMax: 150,
  },
  commands: {
    mayImport:
      /^((core|io|daemon|doctor|explain|howto|import|init|shell|commands)\/[\w/-]+\.ts|client\/(option-table|profile-file)\.ts|version\.ts|node:fs|commander)$/,
    mayNotUse: /console\.|process\.exit\b|setTimeout|setInterval|spawn/,
    // It draws.
    mayAlsoImport: { "qr.ts": "uqr", "enroll.ts": "node:readline/promises" },
    linesMax: 120,
  },
};

interface Import {
  readonly target: string;
  readonly typesOnly: boolean;
}

/** What a file of ours imports; of our own, the place below src/. */
function importsOf(file: string): Import[] {
  const source = sourceOf(file);
  const placed = (target: string): string =>
    target.startsWith(".") ? posix.join(posix.dirname(file), target) : target;
  const statements = [...source.matchAll(/^(?:import|export) (type )?(?:[^;]*?from )?"([^"]+)";/gm)];
  const late = [...source.matchAll(/\bimport\("([^"]+)"\)/g)];
  return [
    ...statements.map(([, type, target = ""]) => ({ target: placed(target), typesOnly: type !== undefined })),
    ...late.map(([, target = ""]) => ({ target: placed(target), typesOnly: false })),
  ];
}

function sourceOf(path: string): string {
  return readFileSync(`${SRC}/${path}`, "utf8");
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
}

describe.each(Object.entries(floors))(
  "%s/",
  (floor, { mayImport, mayImportTypes, mayNotUse, mayAlsoImport = {}, linesMax }) => {
    it.each(filesIn(`${SRC}/${floor}`))("%s stays on its floor", (file) => {
      const source = sourceOf(`${floor}/${file}`);
      const excused = mayAlsoImport[file];
      const strangers = importsOf(`${floor}/${file}`).filter(
        ({ target, typesOnly }) =>
          !mayImport.test(target) && !(typesOnly && mayImportTypes?.test(target)) && target !== excused,
      );
      expect(strangers).toEqual([]);
      // Comments may speak of what the code must not do.
      const code = source.replace(/^\s*(\/\/|\*|\/\*).*$/gm, "").replace(` from "${excused}"`, "");
      expect(code).not.toMatch(mayNotUse);
      expect(code).not.toMatch(CASTS);
    });

    it.each(filesIn(`${SRC}/${floor}`))("%s begins with its place on the path, and is of a readable length", (file) => {
      const lines = sourceOf(`${floor}/${file}`).split("\n");
      expect(lines.find((line) => !line.startsWith("#!"))).toMatch(/^\/\/ \S/);
      expect(lines.length).toBeLessThanOrEqual(linesMax);
    });
  },
);

describe("the entries", () => {
  const entries: readonly [string, RegExp][] = [
    ["capture.ts", /^(node:fs|cap|core\/(exit|capture\/(pcap|cap-problem)|filter|frame)\.ts)$/],
    ["compiled.ts", /^node:(fs|module|vm)$/],
    ["try-keys.ts", /^(node:(os|worker_threads)|core\/spa\/(open-packet|key-trial)\.ts)$/],
    ["knockd.ts", /^(node:fs|main\.ts|commands\/completing\.ts|shell\/(outline|quick)\.ts)$/],
    [
      "main.ts",
      /^(commander|commands\/[\w-]+\.ts|core\/exit\.ts|core\/text\/old-habits\.ts|io\/(terminal|tuning)\.ts|version\.ts)$/,
    ],
    ["knock.ts", /^(client\/[\w-]+\.ts|core\/[\w/-]+\.ts|version\.ts|node:[\w/]+)$/],
  ];
  it.each(entries)("%s imports what is below it, and no more", (file, mayImport) => {
    const below = importsOf(file).filter(({ target }) => target !== "no-debugger.ts");
    expect(below.filter(({ target }) => !mayImport.test(target))).toEqual([]);
  });

  it("take zod as a namespace, of which the bundle leaves out what nobody uses: half a megabyte", () => {
    const whole = filesIn(SRC).filter((file) => /import (type )?\{[^}]*\} from "zod"/.test(sourceOf(file)));
    expect(whole).toEqual([]);
  });

  it("leave libpcap to the capture process", () => {
    const files = filesIn(SRC);
    const users = files.filter((file) => importsOf(file).some(({ target }) => target === "cap"));
    expect(users).toEqual(["capture.ts"]);
  });

  it("keep the plot free of the world's own clocks and processes: it is handed in, or stands on the floor below", () => {
    expect(sourceOf("daemon/daemon.ts")).not.toMatch(/from "node:|process\.|console\./);
  });
});

describe("no import goes round in a circle", () => {
  function targetsOf(file: string): string[] {
    return importsOf(file)
      .filter(({ target, typesOnly }) => target.endsWith(".ts") && !typesOnly)
      .map(({ target }) => target);
  }

  it("within src/", () => {
    const files = filesIn(SRC);
    const done = new Set<string>();
    const circles: string[] = [];
    const connection = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
      if (path.includes(file) || done.has(file)) return;
      for (const target of targetsOf(file)) connection(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) connection(file, []);
    expect(circles).toEqual([]);
  });
});

describe("a stranger finds a file by its name", () => {
  it("which no other file has", () => {
    const names = filesIn(SRC).map((file) => posix.basename(file));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

describe("the topics of core", () => {
  /** A folder is a topic, and so is each file that lies in none. */
  const topicOf = (file: string): string => file.split("/")[1] ?? "";

  it("import only downwards: no topic comes back to itself by way of others", () => {
    const below = new Map<string, Set<string>>();
    for (const file of filesIn(`${SRC}/core`).map((name) => `core/${name}`)) {
      const targets = importsOf(file).filter(({ target }) => target.startsWith("core/") && target.endsWith(".ts"));
      const topics = targets.map(({ target }) => topicOf(target)).filter((topic) => topic !== topicOf(file));
      below.set(topicOf(file), new Set([...(below.get(topicOf(file)) ?? []), ...topics]));
    }
    const backUp: string[] = [];
    const connection = (topic: string, path: readonly string[]): void => {
      if (path.includes(topic)) backUp.push([...path.slice(path.indexOf(topic)), topic].join(" -> "));
      else for (const next of below.get(topic) ?? []) connection(next, [...path, topic]);
    };
    for (const topic of below.keys()) connection(topic, []);
    expect([...new Set(backUp)]).toEqual([]);
  });
});
