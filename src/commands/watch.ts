// `knockd watch`: each knock as the running daemon sees it, and what it did or why it did not count.
import { Command, InvalidArgumentError } from "commander";
import { formatAddress, parseAddress } from "../core/address.ts";
import { type Seen, watchSchema } from "../core/control/requests.ts";
import { ask } from "../io/control/control-client.ts";
import { print } from "../io/terminal.ts";
import { examples, paragraphs } from "./help-text.ts";
import { printSighting, type Told } from "./sightings.ts";

const MORE_HELP = `
One line a knock: the time, who knocked, at which port, and what each door made of it:

  12:03:11.204 198.51.100.7    8001/tcp  ssh: dropped at stage 1 of 3: guard port, expected 8000/tcp

With an address it tells of that source alone, and of all its knocks; without, of at most a hundred a second.
Packets to ports that no door watches never reach the daemon; to see them, too, capture and use knockd explain.`;

interface Options {
  readonly json?: boolean;
}

export const command = new Command("watch")
  .summary("say live what each knock did, or why it did not count")
  .description("Says live, until Ctrl-C, what each knock did or why it did not count, as the running daemon sees it.")
  .argument("[address]", "tell of this source alone", canonical)
  .option("--json", "print one JSON object a line")
  .addHelpText("after", paragraphs(MORE_HELP))
  .addHelpText("after", examples("knockd watch", "knockd watch 198.51.100.7"))
  .action(watch);

async function watch(address: string | undefined, { json }: Options): Promise<void> {
  for await (const seen of ask({ request: "watch", address }, watchSchema)) {
    if (json) print(JSON.stringify(seen));
    else if (seen.event === "missed")
      print(`... and ${seen.count} more; knockd watch ADDRESS tells of one source alone`);
    else printSighting(toldBy(seen));
  }
}

function toldBy({ at, source, port, text, verdicts = [] }: Seen): Told {
  return { at: new Date(at), source, port, words: text, outcomes: verdicts.map(({ outcome }) => outcome) };
}

function canonical(text: string): string {
  const address = parseAddress(text);
  if (address === undefined) throw new InvalidArgumentError("expected an IP address such as 192.0.2.7");
  return formatAddress(address);
}
