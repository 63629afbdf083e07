import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  controlPath,
  instance,
  runtimeDirectory,
  snifferSocket,
  stateDirectory,
} from "../../../src/io/state/directories.ts";

const VARIABLES = ["STATE_DIRECTORY", "RUNTIME_DIRECTORY", "KNOCKD_INSTANCE", "KNOCKD_SNIFFER_SOCKET"];

const places = () => [stateDirectory(), runtimeDirectory(), controlPath(), instance(), snifferSocket()];

describe("where things live", () => {
  beforeEach(() => {
    for (const name of VARIABLES) vi.stubEnv(name, undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const usual = ["/var/lib/knockd", "/run/knockd", "/run/knockd/knockd.sock", "", undefined];

  it("is the usual place without systemd, and where a variable is empty", () => {
    expect(places()).toEqual(usual);
    for (const name of VARIABLES) vi.stubEnv(name, "");
    expect(places()).toEqual(usual);
  });

  it("is of one of several daemons, when it is named", () => {
    vi.stubEnv("KNOCKD_INSTANCE", "eth1");
    const [state, runtime, control] = places();
    expect([state, runtime, control]).toEqual([
      "/var/lib/knockd-eth1",
      "/run/knockd-eth1",
      "/run/knockd-eth1/knockd.sock",
    ]);
  });

  it("is where systemd says; of several directories, the first", () => {
    vi.stubEnv("STATE_DIRECTORY", "/var/lib/knockd-eth1");
    vi.stubEnv("RUNTIME_DIRECTORY", "/run/knockd-eth1:/run/more");
    vi.stubEnv("KNOCKD_INSTANCE", "eth1");
    vi.stubEnv("KNOCKD_SNIFFER_SOCKET", "/run/knockd-sniffer.sock");
    expect(places()).toEqual([
      "/var/lib/knockd-eth1",
      "/run/knockd-eth1",
      "/run/knockd-eth1/knockd.sock",
      "eth1",
      "/run/knockd-sniffer.sock",
    ]);
  });
});
