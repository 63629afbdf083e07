// One address that knocked, and is refused all the same: who keeps it out, and what lets it in again.
import { familyOfText } from "../core/address.ts";
import type { Door } from "../core/door.ts";
import { formatPort } from "../core/port.ts";
import { arrivalsOf, type Links } from "./links.ts";
import { knockerAt, packetTo, placeText } from "./ruleset/exposure.ts";
import type { Chain, Place } from "./ruleset/ruleset.ts";

export interface KeptOut {
  readonly door: string;
  readonly text: string;
  readonly advice: string;
}

/** Those that ban addresses, by the names of their tables and chains. A further one is a row. */
const BANNERS: readonly { readonly name: string; readonly rules: RegExp; readonly unban: (ip: string) => string }[] = [
  { name: "fail2ban", rules: /(^| )f2b-/, unban: (ip) => `fail2ban-client unban ${ip}` },
  { name: "CrowdSec", rules: /(^| )crowdsec/i, unban: (ip) => `cscli decisions delete --ip ${ip}` },
  { name: "SSHGuard", rules: /(^| )sshguard$/, unban: () => "systemctl restart sshguard" },
];

/** The doors that this address would not come in by though they were open to it, but others would. */
export function keptOut(chains: readonly Chain[], doors: readonly Door[], links: Links, ip: string): KeptOut[] {
  const arrivals = arrivalsOf(links).filter(({ family }) => family === familyOfText(ip));
  return doors.flatMap((door) =>
    door.open.flatMap((port) => {
      const places = arrivals.flatMap((arrival): Place[] => {
        const packet = packetTo(port, arrival);
        if (packet === undefined || knockerAt(chains, door, packet).fate === "dropped") return [];
        const fate = knockerAt(chains, door, { ...packet, source: ip });
        return fate.fate === "dropped" ? [fate.place] : [];
      });
      return places.slice(0, 1).map((place) => describe(door.name, formatPort(port), place, ip));
    }),
  );
}

function describe(door: string, port: string, place: Place, ip: string): KeptOut {
  const { table, name } = place.chain;
  const banner = BANNERS.find(({ rules }) => rules.test(name) || rules.test(table));
  const text = `${ip} is kept out of ${port} by ${banner?.name ?? "your rules"}, whether or not door ${door} is open: ${placeText(place)}`;
  return { door, text, advice: banner?.unban(ip) ?? "take it out of that rule" };
}
