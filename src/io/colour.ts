// Colours, where somebody looks: on a terminal that has them, unless NO_COLOR forbids or FORCE_COLOR demands them.
import { styleText } from "node:util";

/** What a colour says, whatever it is. */
export type Tone = "good" | "doubtful" | "bad" | "heading";

const STYLES = { good: "green", doubtful: "yellow", bad: "red", heading: "bold" } as const;

/** A stream such as stdout; only a terminal can tell how many colours it has. */
export interface Screen {
  hasColors?(env?: object): boolean;
}

export function paint(tone: Tone, text: string, screen: Screen, env: NodeJS.ProcessEnv = process.env): string {
  return isColourful(screen, env) ? styleText(STYLES[tone], text, { validateStream: false }) : text;
}

/** https://no-color.org, https://force-color.org. The second is asked first: it can only be meant. */
function isColourful(screen: Screen, env: NodeJS.ProcessEnv): boolean {
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  if (env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "") return false;
  // It also knows of TERM=dumb.
  return screen.hasColors?.(env) === true;
}
