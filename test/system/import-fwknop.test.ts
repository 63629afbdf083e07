// knockd import of fwknop's access.conf: Debian's own client opens the door with the keys that it had before.

import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { base64 } from "../../src/core/spa/key-file.ts";
import { Fwknop, secretsOf } from "../support/fwknop.ts";
import { KNOCKD } from "../support/knockd.ts";
import { HOST, Lab, SERVICE } from "../support/lab.ts";
import { root } from "../support/netns.ts";

describe.skipIf(!root)("an imported access.conf", () => {
  const lab = new Lab();

  beforeAll(() => lab.open("client", "stranger"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  it("opens for the same client with the same keys, for the same time", async () => {
    const secrets = secretsOf(1);
    const { key, hmacKey = key } = secrets;
    const access = lab.write(
      "access.conf",
      `SOURCE ANY
OPEN_PORTS tcp/${SERVICE}
KEY_BASE64 ${base64(key)}
HMAC_KEY_BASE64 ${base64(hmacKey)}
REQUIRE_SOURCE_ADDRESS Y
FW_ACCESS_TIMEOUT 8
`,
    );
    const argv = [...KNOCKD, "import", "--keys", join(lab.directory, "keys"), access];
    const imported = await lab.net.run("server", argv);
    expect(imported).toMatchObject({ code: 0, stderr: "" });
    const daemon = await lab.start(imported.stdout, { args: ["-i", "eth0"] });
    expect(await lab.reachable("client")).toBe(false);
    await new Fwknop(lab, secrets).send("client", `-A tcp/${SERVICE} -D ${HOST}`);
    await daemon.logs(new RegExp(`10\\.9\\.0\\.10: open-${SERVICE}: OPEN SESAME`));
    await lab.opens("client");
    expect(await lab.reachable("stranger")).toBe(false);
    await lab.closes("client");
  });
});
