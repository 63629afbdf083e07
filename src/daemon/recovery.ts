// Taking up what is open already: at start, what an earlier run left; in between, what somebody else took out of the firewall.
import type { Config } from "../core/config/config.ts";
import { usesFirewall } from "../core/door.ts";
import type { Grants } from "../core/grant.ts";
import { doorOfEntry, remainingMs } from "../core/ledger.ts";
import { words } from "../core/text/words.ts";
import { momentOf } from "../io/clock.ts";
import type { Log } from "../io/log/log.ts";
import type { Doorkeeper, Tools } from "./doorkeeper.ts";

/** The ledger is right about what should be open. Grants whose time is over are due at once. */
export async function resume(config: Config, grants: Grants, doorkeeper: Doorkeeper, tools: Tools): Promise<void> {
  const { ledger, log, boot } = tools;
  const doors = new Map(config.doors.map((door) => [door.name, door]));
  const nowMs = performance.now();
  const now = momentOf(nowMs);
  const { entries, damaged, problem } = ledger.read();
  if (damaged > 0) log.warn({ event: "ledger-damaged", damaged }, words.ledgerDamaged(damaged));
  if (problem !== undefined) log.warn({ event: "ledger-failed" }, words.ledgerUnread(problem));
  for (const entry of entries) {
    const leftMs = remainingMs(entry, now, boot);
    const openedMs = nowMs + entry.opened.wallMs - now.wallMs;
    const grant = grants.restore(doorOfEntry(entry, doors.get(entry.door)), entry.ip, openedMs, nowMs + leftMs, entry);
    if (leftMs > 0) void doorkeeper.resume(grant);
  }
  await closeUnknown(config, grants, tools);
}

/**
 * Who is let through and stands in no ledger: `nft list ruleset > /etc/nftables.conf` saves an open door, and each load opens
 * it again. The administrator's own sets are theirs.
 */
export async function closeUnknown(config: Config, grants: Grants, { firewall, log }: Tools): Promise<void> {
  const doors = new Map(config.doors.map((door) => [door.name, door]));
  for (const { door: name, ip } of await firewall.listOpen()) {
    const door = doors.get(name);
    if (door === undefined || grants.get(name, ip) !== undefined) continue;
    await firewall.close({ ...door, sets: {} }, ip).then(
      () => log.warn({ event: "unknown-opening", door: name, ip }, words.unknownOpening(ip, name)),
      (error) => log.error({ event: "close-failed", door: name, ip }, words.closeFailed(ip, name, error)),
    );
  }
}

/** Lets in again who was in, for the time that is left, after somebody has flushed the firewall. False if some stay out. */
export async function letInAgain(config: Config, grants: Grants, doorkeeper: Doorkeeper, log: Log): Promise<boolean> {
  const inside = grants.all().filter(({ door, family }) => usesFirewall(door, family));
  const results = await Promise.all(inside.map((grant) => doorkeeper.letInAgain(grant)));
  const ports = config.doors.flatMap((door) => door.open).length;
  const open = results.filter((done) => done).length;
  log.warn({ event: "firewall-restored", ports, grants: open }, words.firewallRestored(ports, open, inside.length));
  return open === inside.length;
}
