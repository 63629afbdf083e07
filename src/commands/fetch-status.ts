// What the running daemon says of itself, for those who show it.
import { type OpenGrant, type Status, type StatusLine, statusSchema } from "../core/control/status-lines.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { ask } from "../io/control/control-client.ts";

export async function fetchStatus(): Promise<Status> {
  let overview: Extract<StatusLine, { overview: unknown }>["overview"] | undefined;
  /** BOUNDED: by the daemon's grants. */
  const grants: OpenGrant[] = [];
  for await (const line of ask({ request: "status" }, statusSchema)) {
    if ("overview" in line) overview = line.overview;
    else grants.push(...line.grants);
  }
  if (overview === undefined) throw new Failure(EXIT.UNAVAILABLE, "knockd ended before it had answered");
  return { ...overview, grants };
}
