// What one knock did to one door, and why: the answer to "why did my knock not work". Plain values with every fact in them.
// The words for them are in verdict-words.ts; a further way to earn a door adds its own verdicts to the union.
import type { Address, Family } from "../address.ts";
import type { Knock } from "../frame.ts";
import type { DropReason, SequenceFinding, TimedOut, Watched } from "../report.ts";
import type { PacketFinding } from "../spa/packet-finding.ts";
import type { Refusal } from "../spa/refusal.ts";
import type { CodeFinding } from "../totp/code-finding.ts";
import type { CodeVerdict } from "../totp/code-verdict.ts";

/** A knock and all doors that took notice of it, or a door's time that ran out without a further knock. */
export interface Sighting {
  /** Canonical text. */
  readonly source: string;
  /** What arrived; without it, nothing did: time ran out. */
  readonly knock?: SeenKnock;
  /** How long ago that was: of time that ran out we learn a little later. */
  readonly agoMs: number;
  /** Of a signed packet: whose it is, or why it opens nothing. */
  readonly spa?: { readonly key: string } | Refusal;
  /** In the order of their interest to the knocker. Empty: a guard port was touched, and there was no attempt to drop. */
  readonly verdicts: readonly Verdict[];
}

export interface SeenKnock {
  readonly destination: string;
  /** `7000/tcp`. */
  readonly port: string;
  /** Of a TCP packet, such as `SYN,ACK`. */
  readonly flags?: string;
  readonly watched: Watched;
}

/** What happened at one door. A verdict of another way to earn a door joins the union here. */
export type Verdict = SequenceVerdict | CodeVerdict;

export type Outcome = Verdict["outcome"];

/** Steps count from 1, `stage` is how many of `steps` are done; `expected` is the port of the step that would have been next. */
export type SequenceVerdict =
  /** `beside`: attempts of the same source that go on beside the one that this knock begins. */
  | (AtStage & { readonly outcome: "advanced"; readonly beside?: number })
  | (AtDoor & { readonly outcome: "opened" | "extended" })
  /** A retransmission or a double: a step that is done already, the last one unless `step` says which. Harmless. */
  | (AtStage & { readonly outcome: "repeated"; readonly step?: number })
  /** The very packet that began an attempt which is over: it begins no other. */
  | (AtDoor & { readonly outcome: "sent-again" })
  /** Nobody watches this port, so it does no harm; but it is not the one expected either. */
  | (AtStage & { readonly outcome: "unwatched" })
  /** The attempt is over: this port is not the one expected. */
  | (AtStage & Ending & { readonly outcome: "wrong-port" })
  /** All attempts are over: only a scanner touches this port, which is a guard port of this door. */
  | (AtStage & Ending & { readonly outcome: "guard" })
  /** The attempt is over: the step expected was jumped over, this is a later one. */
  | (AtStage & Ending & { readonly outcome: "step-missing"; readonly step: number; readonly cameFrom?: string })
  /** The attempt was over when this knock came. */
  | (AtStage & Ending & { readonly outcome: "too-slow"; readonly elapsedMs: number; readonly limitMs: number })
  /** Nothing more came in time. */
  | (AtStage & { readonly outcome: "timed-out"; readonly limitMs: number; readonly cameFrom?: string })
  /** A later step, and no attempt that it would continue: the first is missing, or the attempt was ended by `endedBy`. */
  | (AtStep & { readonly outcome: "no-attempt"; readonly first: string; readonly endedBy?: string })
  /** A step that came too late: the step `after`, which should have come later, was faster. */
  | (AtStep & { readonly outcome: "wrong-order"; readonly after: string })
  /** The right step at the right time, but those before came from another address: one knocker behind two? */
  | (AtStep & { readonly outcome: "other-source"; readonly other: string })
  /** The same, over IPv4 and IPv6. */
  | (AtStep & { readonly outcome: "other-family"; readonly other: string })
  /** The door did not hear the knock. */
  | (AtDoor & { readonly outcome: "flags"; readonly flags: string; readonly rule: string })
  | (AtDoor & { readonly outcome: "not-ours"; readonly destination: string })
  | (AtDoor & { readonly outcome: "not-target"; readonly destination: string; readonly target: string })
  | (AtDoor & { readonly outcome: "target-family"; readonly family: Family; readonly target: string })
  | (AtDoor & { readonly outcome: "cool-down"; readonly leftMs: number });

interface AtDoor {
  readonly door: string;
}

export interface AtStage extends AtDoor {
  readonly stage: number;
  readonly steps: number;
  readonly expected: string;
}

interface AtStep extends AtDoor {
  readonly step: number;
  readonly steps: number;
}

interface Ending {
  /** The knock is the door's first step, and began another attempt. */
  readonly anew: boolean;
}

/** What any way to earn a door finds. */
export type Finding = SequenceFinding | CodeFinding | PacketFinding;

/** Writes findings down, and counts them. Whatever is handed over is valid only during the call. */
export interface FindingLog {
  /** Also of what is no news to anybody but a debugger. */
  readonly wantsAll: boolean;
  found(finding: Finding, knock: Knock): void;
  dropped(reason: DropReason): void;
  timedOut(attempt: TimedOut): void;
}

/** Who hears of sightings. A sighting is put together only for somebody. */
export interface Observer {
  /** Asked for every watched knock, so it must cost next to nothing while nobody is watching. */
  wants(source: Address, nowMs: number): boolean;
  /** Follows each `wants` that was true. */
  tell(sighting: Sighting): void;
}
