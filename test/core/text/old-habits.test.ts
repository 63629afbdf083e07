import { describe, expect, it } from "vitest";
import { oldHabit } from "../../../src/core/text/old-habits.ts";

describe("the old knockd's command line", () => {
  it.each([
    "-d -c /etc/knockd.conf -i eth0",
    "--daemon --config=/etc/knockd.conf",
    "-i eth0 -d",
    "-c /data/.knockd.cfg -d -i eth0 -D",
    "run -d",
    "run -c x --pidfile=/run/knockd.pid",
    "run -4",
    "-v",
  ])("%s is answered with the new one", (line) => {
    expect(oldHabit(line.split(" "))?.hint).toMatch(/knockd run -c .*knockd import/);
  });

  it("says why an option is gone", () => {
    expect(oldHabit(["-d"])).toMatchObject({
      message: "unknown option '-d'",
      hint: expect.stringMatching(/^-d is not needed, it runs in the foreground/),
    });
    expect(oldHabit(["run", "-p", "x"])).toMatchObject({ message: "unknown option '-p'" });
  });

  it.each(["", "-h", "--help", "-V", "run -c x -i eth0", "status --json", "watch -v"])("%j is none of it", (line) => {
    expect(oldHabit(line.split(" "))).toBeUndefined();
  });
});
