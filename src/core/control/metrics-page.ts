// Counters and the state of the moment -> the page that Prometheus reads. BOUNDED: its labels are doors, reasons and states,
// never addresses, so a flood adds to numbers and not to lines.

import type { Grant } from "../grant.ts";
import type { Counters, DoorCounters } from "./counters.ts";
import { type Family, formatFamilies, type Sample } from "./prometheus.ts";

/** What the daemon itself does not know. */
export interface Outside {
  readonly version: string;
  /** Wall clock in milliseconds since 1970. */
  readonly startedMs: number;
  readonly captures: readonly CaptureReading[];
}

/** What is so now, and is not counted. */
export interface Readings extends Outside {
  readonly attempts: number;
  /** Attempts that made room for newer ones, since the start. */
  readonly forgotten: number;
  readonly grants: Iterable<Grant>;
}

export interface CaptureReading {
  readonly state: string;
  /** Frames since the start. */
  readonly received: number;
  /** Packets that the kernel dropped because we did not keep up; null: nobody tells. */
  readonly dropped: number | null;
  /** How often the interface was lost. */
  readonly lost: number;
  /** Of signed packets, if they are looked for beside knocks. */
  readonly packets?: Pick<CaptureReading, "received" | "dropped"> | undefined;
}

export function metricsText(counters: Counters, readings: Readings): string {
  return formatFamilies(families(counters, readings));
}

function families(counters: Counters, readings: Readings): Family[] {
  const { captures } = readings;
  const packets = captures.flatMap((each) => each.packets ?? []);
  const byDoor = (pick: (door: DoorCounters) => number): Sample[] =>
    [...counters.doors].map(([door, counts]) => ({ labels: { door }, value: pick(counts) }));
  return [
    gauge("knockd_build_info", "Which knockd this is; always 1.", [
      { labels: { version: readings.version }, value: 1 },
    ]),
    gauge("knockd_start_time_seconds", "When this daemon started, in seconds since 1970.", [
      { value: Math.round(readings.startedMs) / 1000 },
    ]),
    counter("knockd_knocks_total", "Knocks seen: packets to watched and guard ports.", [{ value: counters.knocks }]),
    gauge("knockd_attempts", "Knock sequences under way.", [{ value: readings.attempts }]),
    counter(
      "knockd_attempts_dropped_total",
      "Attempts that came to nothing, by reason.",
      byReason({ ...counters.drops, table_full: readings.forgotten }),
    ),
    counter("knockd_packets_accepted_total", "Signed packets that earned a door.", [
      { value: counters.packetsAccepted },
    ]),
    counter(
      "knockd_packets_refused_total",
      "Signed packets that earned nothing, by reason.",
      byReason(counters.packetsRefused),
    ),
    counter(
      "knockd_openings_total",
      "Doors opened for an address.",
      byDoor((door) => door.openings),
    ),
    counter(
      "knockd_extensions_total",
      "Open doors knocked at again.",
      byDoor((door) => door.extensions),
    ),
    counter(
      "knockd_closings_total",
      "Doors closed for an address.",
      byDoor((door) => door.closings),
    ),
    counter("knockd_refusals_total", "Doors earned but not opened, by reason.", byReason(counters.refusals)),
    counter("knockd_codes_total", "Codes of authenticator apps, by what became of them.", byResult(counters.codes)),
    gauge("knockd_open_grants", "Addresses for which a door is open.", openGrants(counters, readings.grants)),
    counter(
      "knockd_commands_total",
      "Start and stop commands run.",
      byDoor((door) => door.commands),
    ),
    counter(
      "knockd_command_failures_total",
      "Start and stop commands that failed, hung or could not be started.",
      byDoor((door) => door.commandFailures),
    ),
    gauge("knockd_captures", "Interfaces listened on, by state.", byState(captures)),
    counter("knockd_capture_frames_total", "Frames captured.", [{ value: sum(captures.map((each) => each.received)) }]),
    counter(
      "knockd_capture_dropped_total",
      "Packets that the kernel dropped before they were captured.",
      drops(captures),
    ),
    counter("knockd_packet_capture_frames_total", "Frames captured that look like signed packets.", [
      { value: sum(packets.map((each) => each.received)) },
    ]),
    counter(
      "knockd_packet_capture_dropped_total",
      "Packets that look signed which the kernel dropped before they were captured.",
      drops(packets),
    ),
    counter("knockd_capture_losses_total", "How often an interface went away or down.", [
      { value: sum(captures.map((each) => each.lost)) },
    ]),
  ];
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: "counter", help, samples };
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: "gauge", help, samples };
}

function byReason(counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([reason, value]) => ({ labels: { reason }, value }));
}

function byResult(counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([result, value]) => ({ labels: { result }, value }));
}

/** Also those that no capture is in: an alert needs the zero. A capture that is closed is none. */
function byState(captures: readonly CaptureReading[]): Sample[] {
  return ["waiting", "starting", "capturing"].map((state) => ({
    labels: { state },
    value: captures.filter((capture) => capture.state === state).length,
  }));
}

/** None where nobody tells: a zero would be a promise. */
function drops(captures: readonly Pick<CaptureReading, "dropped">[]): Sample[] {
  const told = captures.flatMap(({ dropped }) => dropped ?? []);
  return told.length === 0 ? [] : [{ value: sum(told) }];
}

function openGrants(counters: Counters, grants: Iterable<Grant>): Sample[] {
  const counts = new Map([...counters.doors.keys()].map((door) => [door, 0]));
  for (const { door } of grants) counts.set(door.name, (counts.get(door.name) ?? 0) + 1);
  return [...counts].map(([door, value]) => ({ labels: { door }, value }));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
