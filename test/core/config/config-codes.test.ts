import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/core/config/config.ts";
import { formatProblem } from "../../../src/core/config/problem.ts";
import { configOf } from "../../support/doors.ts";

const TOTP = "totp: { secret_file: /k/ssh.totp, ports: 20000-20299 }";

function problemsOf(...doors: string[]): string[] {
  const parsed = parseConfig(`doors:\n${doors.map((door) => `  ${door}\n`).join("")}`);
  return "problems" in parsed
    ? parsed.problems.map((problem) => formatProblem("", problem).replace(/^:\d+:\d+: /, ""))
    : [];
}

describe("a door with totp", () => {
  it("has the ports of its range, and six digits unless told otherwise", () => {
    const [ssh, web] = configOf(
      `doors: { ssh: { ${TOTP} }, web: { totp: { secret_file: /k/w, ports: 20300-20699, digits: 8 } } }`,
    ).doors;
    expect(ssh?.totp).toEqual({ secretFile: "/k/ssh.totp", firstPort: 20_000, digits: 6, afterSequence: false });
    expect(web?.totp).toEqual({ secretFile: "/k/w", firstPort: 20_300, digits: 8, afterSequence: false });
  });

  it("may have a sequence and spa beside it, or require the sequence too", () => {
    expect(problemsOf(`ssh: { sequence: "7000,8000", spa: true, open: 22, ${TOTP} }`)).toEqual([]);
    const [door] = configOf(`doors: { ssh: { sequence: "7000,8000", require: [sequence, totp], ${TOTP} } }`).doors;
    expect(door?.totp?.afterSequence).toBe(true);
  });

  it.each([
    [
      "ssh: { totp: { ports: 20000-20299 } }",
      /^doors.ssh.totp.secret_file: expected the path of a file with the secret/,
    ],
    [
      "ssh: { totp: { secret_file: ssh.totp, ports: 20000-20299 } }",
      /secret_file: expected the path .* got "ssh.totp"/,
    ],
    [
      "ssh: { totp: { secret_file: /k, ports: 20000 } }",
      /ports: expected a range: 20000-20299, or 20000-20399 with digits: 8, got 20000/,
    ],
    ["ssh: { totp: { secret_file: /k, ports: 0-299 } }", /ports: expected a range such as 20000-20299, .* got "0-299"/],
    ["ssh: { totp: { secret_file: /k, ports: 65300-65599 } }", /ports: expected a range such as .*, got "65300-65599"/],
    [
      "ssh: { totp: { secret_file: /k, ports: 20000-20299, digits: 8 } }",
      /ports: expected 20000-20399, for the ports of 8 digits, got "20000-20299"/,
    ],
    ['ssh: { totp: { secret_file: /k, ports: "20000" } }', /ports: expected 20000-20299, .*, got "20000"/],
    ["ssh: { totp: { secret_file: /k, ports: 20000-20299, digits: 7 } }", /digits: expected 6 or 8, got 7/],
    ["ssh: { totp: { secret_file: /k, ports: 20000-20299, digit: 6 } }", /digit: unknown key, did you mean digits\?/],
    ["ssh: { sequence: 7000, require: [sequence, totp] }", /require: expected a sequence and totp beside it/],
    [`ssh: { ${TOTP}, require: [sequence, totp] }`, /require: expected a sequence and totp beside it/],
    [
      `ssh: { sequence: "7000,8000", ${TOTP}, require: [totp, sequence] }`,
      /require.*expected .*\[sequence, totp\].*first the sequence/,
    ],
    [`ssh: { sequence: "7000,8000", ${TOTP}, require: totp }`, /require: expected .*\[sequence, totp\].*, got "totp"/],
    [
      `ssh: { sequence: "7000,8000", spa: true, open: 22, ${TOTP}, require: [sequence, totp] }`,
      /require: a signed packet would open/,
    ],
  ])("%s is refused with what was expected", (door, problem) => {
    expect(problemsOf(door).join("\n")).toMatch(problem);
  });
});

describe("a range of codes", () => {
  it.each([
    ["ssh: { totp: { secret_file: /k, ports: 20299-20598 } }", "overlaps that of door phone"],
    ["ssh: { totp: { secret_file: /k, ports: 19701-20000 } }", "overlaps that of door phone"],
    ["ssh: { totp: { secret_file: /k, ports: 19601-20000, digits: 8 } }", "overlaps that of door phone"],
  ])("of %s meets that of another door", (door, message) => {
    expect(problemsOf(`phone: { ${TOTP} }`, door)).toEqual([
      expect.stringContaining(`doors.ssh.totp.ports: the range`),
    ]);
    expect(problemsOf(`phone: { ${TOTP} }`, door)[0]).toContain(message);
  });

  it.each([
    "ssh: { totp: { secret_file: /k, ports: 20300-20599 } }",
    "ssh: { totp: { secret_file: /k, ports: 19600-19999, digits: 8 } }",
  ])("of %s lies beside that of another door", (door) => {
    expect(problemsOf(`phone: { ${TOTP} }`, door)).toEqual([]);
  });

  it("holds no step and no opened port, of any door; udp does not matter", () => {
    const range = "doors.phone.totp.ports: the range 20000-20299";
    expect(problemsOf(`phone: { ${TOTP} }`, "ssh: { sequence: [7000, 20299] }")).toEqual([
      `${range} holds 20299/tcp, a step of door ssh`,
    ]);
    expect(problemsOf(`phone: { ${TOTP}, open: 20000 }`)).toEqual([`${range} holds 20000/tcp, which door phone opens`]);
    expect(problemsOf(`phone: { ${TOTP} }`, "ssh: { sequence: [7000, 20299/udp], open: 20000/udp }")).toEqual([]);
  });
});
