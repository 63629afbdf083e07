// Service names: which line of /etc/services counts.

import { describe, expect, it } from "vitest";
import { findService } from "../../src/client/service-names.ts";

const SERVICES = `# name	port/proto	aliases
ssh		22/tcp				# Secure Shell, not telnet
domain		53/tcp
domain		53/udp
http		80/tcp		www	# WorldWideWeb
broken
#old		99/tcp
http		8080/tcp
`;

describe("findService", () => {
  it.each([
    ["ssh", "tcp", 22],
    ["domain", "tcp", 53],
    ["domain", "udp", 53],
    ["www", "tcp", 80],
    ["http", "tcp", 80],
  ])("knows %s by %s", (name, protocol, port) => {
    expect(findService(SERVICES, name, protocol)).toBe(port);
  });

  it.each([
    ["ssh", "udp", "another protocol"],
    ["telnet", "tcp", "a comment"],
    ["old", "tcp", "a line that is commented out"],
    ["broken", "tcp", "a line without a port"],
    ["SSH", "tcp", "another case"],
    ["22/tcp", "tcp", "a port"],
    ["", "tcp", "an empty line"],
  ])("does not take %j by %s from %s", (name, protocol) => {
    expect(findService(SERVICES, name, protocol)).toBeUndefined();
  });
});
