// Who may what: the sniffer CAP_NET_RAW and nothing else, the daemon an ordinary user's rights and two capabilities.
import { chmodSync, chownSync, mkdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HOST, Lab, SERVICE } from "../support/lab.ts";
import { root } from "../support/netns.ts";

/** linux/capability.h: 1 << CAP_NET_RAW. */
const NET_RAW_ONLY = "0000000000002000";
const KNOCK = ["17013", "18017", "17619"];
const SNIFFERS = { tcpdump: "tcpdump", cap: "capture.js" } as const;
const configFor = (sniffer: string) => `
options: { interface: eth0, sniffer: ${sniffer} }
doors: { ssh: { sequence: [${KNOCK.join(", ")}], open: ${SERVICE}/tcp, for: 20s } }`;
const CAPABILITIES = ["--inh-caps=-all,+net_raw,+net_admin", "--ambient-caps=-all,+net_raw,+net_admin"];
const ORDINARY_USER = [
  "setpriv",
  "--reuid=nobody",
  "--regid=nogroup",
  "--clear-groups",
  ...CAPABILITIES,
  "--no-new-privs",
];

const NOBODY = 65_534;

describe.skipIf(!root).each([
  ["root", []],
  ["an ordinary user with CAP_NET_RAW and CAP_NET_ADMIN", ORDINARY_USER],
])("run by %s", (_, through) => {
  const lab = new Lab();
  beforeAll(async () => {
    await lab.open("client");
    chmodSync(lab.directory, 0o755);
    mkdirSync(`${lab.directory}/state`);
    // A state directory of somebody else would be refused.
    if (through.length > 0) chownSync(`${lab.directory}/state`, NOBODY, NOBODY);
  });
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  it.each(["tcpdump", "cap"] as const)(
    "the daemon opens, and %s holds CAP_NET_RAW alone and is not root",
    async (sniffer) => {
      await lab.start(configFor(sniffer), { through });
      await lab.knock("client", HOST, ...KNOCK);
      await lab.opens("client");
      const [capture] = await lab.net.processes("server", SNIFFERS[sniffer]);
      const status = readFileSync(`/proc/${capture?.pid}/status`, "utf8");
      for (const set of ["CapPrm", "CapEff", "CapAmb"])
        expect(status).toMatch(new RegExp(`^${set}:\t${NET_RAW_ONLY}$`, "m"));
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
      // No port of a sequence is in what `ps` shows to everyone.
      for (const { line } of await lab.net.processes("server")) {
        for (const port of KNOCK) expect(line).not.toContain(port);
      }
    },
  );
});
