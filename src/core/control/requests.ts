// What goes over the control socket: one request a connection, as one line of JSON; its answer, line by line. Pure.
import * as z from "zod";
import { EXIT } from "../exit.ts";
import { DURATION_MAX_MS } from "../text/duration.ts";

/** Changes whenever one side would not understand the other. */
export const CONTROL_VERSION = 1;
/** BOUNDED: bytes of a request. The longest that makes sense has 300. */
export const REQUEST_BYTES_MAX = 4096;
/** BOUNDED: bytes of one line that the daemon says. */
export const LINE_BYTES_MAX = 1024 * 1024;
/** BOUNDED: characters of a door's name or an address; longer than any, so that a wrong one is named in the answer. */
const TEXT_MAX = 256;

const door = z.string().max(TEXT_MAX);
const address = z.string().max(TEXT_MAX);

const requestSchema = z.discriminatedUnion("request", [
  z.strictObject({ request: z.literal("status") }),
  z.strictObject({
    request: z.literal("open"),
    door,
    address,
    forMs: z.int().positive().max(DURATION_MAX_MS).optional(),
  }),
  z.strictObject({ request: z.literal("close"), door, address }),
  z.strictObject({ request: z.literal("close-all") }),
  z.strictObject({ request: z.literal("reload") }),
  z.strictObject({ request: z.literal("metrics") }),
  z.strictObject({ request: z.literal("watch"), address: address.optional() }),
]);

export type Request = z.output<typeof requestSchema>;

/** What the daemon says first. */
const greetingSchema = z.object({ knockd: z.int(), version: z.string() });
export type Greeting = z.output<typeof greetingSchema>;

/** Then comes the answer: any number of `answer` lines, or an `error`, which is the last line. */
const errorSchema = z.object({
  code: z.literal(Object.values(EXIT)),
  message: z.string(),
  hint: z.string().optional(),
});
const lineSchema = z.union([z.object({ error: errorSchema }), z.object({ answer: z.unknown() })]);
export type Line = z.output<typeof lineSchema>;

/** What was done, in the words of the log; and what went wrong although it was done. */
export const doorResultSchema = z.object({ done: z.boolean(), said: z.string(), problem: z.string().optional() });
export type DoorResult = z.output<typeof doorResultSchema>;

const seenSchema = z.looseObject({
  event: z.literal(["knock", "timeout"]),
  at: z.string(),
  source: z.string(),
  port: z.string().optional(),
  text: z.string(),
  verdicts: z.array(z.looseObject({ outcome: z.string() })).optional(),
});
export type Seen = z.output<typeof seenSchema>;

/** What `watch` answers with: what was seen, with its words, or how much was not told. Facts beside them may change. */
export const watchSchema = z.discriminatedUnion("event", [
  seenSchema,
  z.object({ event: z.literal("missed"), count: z.int() }),
]);

/** Some whole lines of the page for Prometheus. */
export const metricsSchema = z.object({ metrics: z.string() });
export type MetricsLine = z.output<typeof metricsSchema>;

/** Undefined if it is none. */
export function readRequest(text: string): Request | undefined {
  return requestSchema.safeParse(parseJson(text)).data;
}

export function readGreeting(text: string): Greeting | undefined {
  return greetingSchema.safeParse(parseJson(text)).data;
}

export function readLine(text: string): Line | undefined {
  return lineSchema.safeParse(parseJson(text)).data;
}

export function writeLine(line: Request | Greeting | Line): string {
  return `${JSON.stringify(line)}\n`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
