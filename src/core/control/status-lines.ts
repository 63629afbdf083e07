// What `knockd status` tells, as it goes over the control socket: an overview, then the grants, so many a line.
import * as z from "zod";

/** BOUNDED: grants a line, so that a full table neither blocks the daemon nor fills its memory. */
export const GRANTS_A_LINE = 256;
/** BOUNDED: attempts that are told one by one; a flood makes hundreds of thousands. */
export const ATTEMPTS_TOLD = 20;

/** ISO 8601 in UTC. */
const time = z.string();

const grant = z.object({
  door: z.string(),
  ip: z.string(),
  opened_at: time,
  closes_at: time,
  earned_by: z.string(),
  key: z.string().optional(),
});
const attempt = z.object({ door: z.string(), ip: z.string(), stage: z.int(), steps: z.int(), started_at: time });

const capture = {
  state: z.string(),
  /** Frames that passed the filter. */
  received: z.int(),
  /** Null: unknown. */
  dropped: z.int().nullable(),
};

const overview = z.object({
  version: z.string(),
  pid: z.int(),
  started_at: time,
  config: z.string(),
  /** `newest` has the newest ATTEMPTS_TOLD of the `count`. */
  attempts: z.object({ count: z.int(), newest: z.array(attempt) }),
  capture: z.array(
    z.object({
      interface: z.string(),
      ...capture,
      /** How often the interface was lost. */
      lost: z.int(),
      /** Of signed packets, if they are looked for beside knocks. */
      packets: z.object(capture).optional(),
    }),
  ),
  firewall: z.object({ kind: z.string(), hidden: z.array(z.string()), restored_at: time.nullable() }),
});

export const statusSchema = z.union([z.object({ overview }), z.object({ grants: z.array(grant) })]);
export type StatusLine = z.output<typeof statusSchema>;
export type OpenGrant = z.output<typeof grant>;
/** All of it together: what `--json` prints. */
export type Status = z.output<typeof overview> & { readonly grants: readonly OpenGrant[] };
