import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { configSchema, jsonSchema } from "../../../src/core/config/schema.ts";

const SHIPPED = fileURLToPath(new URL("../../../config/knockd.schema.json", import.meta.url));
const SAMPLE = fileURLToPath(new URL("../../../config/knockd.yaml", import.meta.url));

const mappingSchema = z.object({
  description: z.string(),
  additionalProperties: z.literal(false),
  properties: z.record(z.string(), z.looseObject({ description: z.string() })),
});
const fileSchema = z.object({
  $schema: z.string(),
  title: z.string(),
  additionalProperties: z.literal(false),
  required: z.tuple([z.literal("doors")]),
  properties: z.object({
    options: mappingSchema,
    keys: z.object({ description: z.string(), additionalProperties: mappingSchema.omit({ description: true }) }),
    doors: z.object({ description: z.string(), additionalProperties: mappingSchema.omit({ description: true }) }),
  }),
});
const sampleSchema = z.looseObject({
  options: z.record(z.string(), z.unknown()).optional(),
  doors: z.record(z.string(), z.record(z.string(), z.unknown())),
});

it("a config holds no more doors than the table of attempts can number", () => {
  const doors = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_each, index) => [`d${index}`, { sequence: 7000 }]));
  expect(configSchema.safeParse({ doors: doors(65_535) }).success).toBe(true);
  expect(configSchema.safeParse({ doors: doors(65_536) }).error?.issues).toMatchObject([
    { path: ["doors"], message: "expected at most 65535 doors" },
  ]);
});

describe("the JSON Schema", () => {
  it("that ships is the parser's own; npm run schema writes it", () => {
    expect(JSON.parse(readFileSync(SHIPPED, "utf8"))).toEqual(jsonSchema());
  });

  it("knows every key, each with a sentence, and no other", () => {
    const { options, keys, doors } = fileSchema.parse(jsonSchema()).properties;
    expect(Object.keys(options.properties)).toEqual([
      "interface",
      "sniffer",
      "log_format",
      "log_level",
      "log_file",
      "metrics_file",
      "firewall",
      "allow",
      "on_stop",
      "scan_guard",
      "spa_port",
      "spa_max_age",
    ]);
    expect(Object.keys(doors.additionalProperties.properties)).toEqual([
      "sequence",
      "one_time_sequences",
      "seq_timeout",
      "seq_cooldown",
      "tcpflags",
      "target",
      "open",
      "set",
      "set_6",
      "for",
      "start_command",
      "start_command_6",
      "stop_command",
      "stop_command_6",
      "privileges",
      "cmd_timeout",
      "spa",
      "nat",
      "totp",
      "require",
      "max_for",
    ]);
    expect(Object.keys(keys.additionalProperties.properties)).toEqual([
      "file",
      "expires",
      "doors",
      "source",
      "prefix",
      "hmac",
      "mode",
      "legacy",
    ]);
    for (const { description } of [
      ...Object.values(options.properties),
      ...Object.values(keys.additionalProperties.properties),
      ...Object.values(doors.additionalProperties.properties),
    ])
      expect(description).toMatch(/^[A-Za-z0-9].*\.$/);
  });

  it("gives defaults as they are written in the file, not as they are inside", () => {
    const properties = fileSchema.parse(jsonSchema()).properties.doors.additionalProperties.properties;
    const defaults = Object.entries(properties).flatMap(([key, property]) =>
      "default" in property ? [[key, property["default"]]] : [],
    );
    for (const [key, value] of defaults)
      expect(["25s", 25, "0", 0, "0s", "syn,!ack"], `${key}: ${JSON.stringify(value)}`).toContain(value);
  });

  it("knows every key of the sample", () => {
    const { options, doors } = fileSchema.parse(jsonSchema()).properties;
    const sample = sampleSchema.parse(parse(readFileSync(SAMPLE, "utf8")));
    expect(Object.keys(options.properties)).toEqual(expect.arrayContaining(Object.keys(sample.options ?? {})));
    for (const keys of Object.values(sample.doors))
      expect(Object.keys(doors.additionalProperties.properties)).toEqual(expect.arrayContaining(Object.keys(keys)));
  });
});
