import { describe, expect, it } from "vitest";
import { capProblem, isForOtherNode } from "../../../src/core/capture/cap-problem.ts";

const OTHER_NODE = `The module '/usr/lib/knockd/node_modules/cap/build/Release/cap.node'
was compiled against a different Node.js version using
NODE_MODULE_VERSION 115. This version of Node.js requires
NODE_MODULE_VERSION 137. Please try re-compiling or re-installing
the module (for instance, using \`npm rebuild\` or \`npm install\`).`;
const NO_LIBRARY = "libpcap.so.0.8: cannot open shared object file: No such file or directory";

describe("why cap does not load", () => {
  it("names both versions of a module that is for another Node.js", () => {
    expect(capProblem(OTHER_NODE)).toBe("it is built for another Node.js (modules of version 115, and not 137)");
    expect(isForOtherNode(OTHER_NODE)).toBe(true);
  });

  it("is one line of what Node.js says otherwise", () => {
    expect(capProblem("Cannot find module 'cap'\nRequire stack:\n- /usr/lib")).toBe("Cannot find module 'cap'");
    expect(capProblem(NO_LIBRARY)).toBe(NO_LIBRARY);
    expect(isForOtherNode(NO_LIBRARY)).toBe(false);
  });
});
