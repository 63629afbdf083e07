import { describe, expect, it } from "vitest";
import { Ending } from "../../src/io/ending.ts";

describe("the end", () => {
  it("comes once, by whatever comes first", async () => {
    const ending = new Ending();
    ending.end();
    ending.fail(new Error("too late"));
    await expect(ending.promise).resolves.toBeUndefined();
  });

  it("may be a failure, also before anybody waits for it", async () => {
    const ending = new Ending();
    ending.fail(new Error("no such device"));
    await new Promise((resolve) => setImmediate(resolve));
    await expect(ending.promise).rejects.toThrow("no such device");
  });
});
