// Who goes first when the machine is busy: a knocker waits for us, and a flood keeps every core busy.
import { setPriority } from "node:os";

/** A nice value (nice(2)): ahead of ordinary programs, behind what the kernel must do. */
const AHEAD = -10;
const ORDINARY = 0;

/** This process, and those that it starts. Where we may not, systemd has done it (Nice=), or nobody does. */
export function goAhead(): void {
  try {
    setPriority(AHEAD);
  } catch {
    // Without root or CAP_SYS_NICE a knock takes a little longer on a busy machine.
  }
}

/** The administrator's commands are no part of the hurry. */
export function stepBack(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, ORDINARY);
  } catch {
    // It has ended already.
  }
}
