// Asks the running daemon to do something, and prints what came of it.
import { type DoorResult, doorResultSchema, type Request } from "../core/control/requests.ts";
import { EXIT, type ExitCode } from "../core/exit.ts";
import { ask } from "../io/control/control-client.ts";
import { print, printError } from "../io/terminal.ts";

/** Throws a Failure if it could not be done. */
export async function printResults(request: Request, none = ""): Promise<ExitCode> {
  let count = 0;
  let code: ExitCode = EXIT.OK;
  for await (const result of ask(request, doorResultSchema)) {
    count++;
    if (!printResult(result)) code = EXIT.UNAVAILABLE;
  }
  if (count === 0 && none !== "") print(none);
  return code;
}

function printResult({ done, said, problem }: DoorResult): boolean {
  if (done) print(said);
  else printError(said);
  if (problem !== undefined) printError(problem);
  return done && problem === undefined;
}
