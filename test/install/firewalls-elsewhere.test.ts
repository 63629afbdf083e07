// Debian 13's firewalls.
import { readFileSync } from "node:fs";
import { describeFirewalls, FIREWALLS } from "../support/firewalls-of.ts";

const isDebian = /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));

describeFirewalls("Debian 13", { release: "trixie", packages: FIREWALLS }, isDebian);
