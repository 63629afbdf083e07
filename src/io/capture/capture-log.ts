// Writes down how the captures fare.
import { words } from "../../core/text/words.ts";
import type { Log } from "../log/log.ts";
import type { CapturesReport } from "./captures.ts";

export function captureLog(log: Log): Omit<CapturesReport, "denied"> {
  return {
    listening: (name, again) => {
      if (again) log.info({ event: "capture-back", interface: name }, words.captureBack(name));
      else log.info({ event: "listening", interface: name }, words.listening(name));
    },
    absent: (name, reason) =>
      log.warn({ event: "capture-lost", interface: name, reason }, words.captureAbsent(name, reason)),
    lost: (name, reason) =>
      log.warn({ event: "capture-lost", interface: name, reason }, words.captureLost(name, reason)),
    packetsLost: (name, reason) =>
      log.warn({ event: "capture-lost", interface: name, reason }, words.packetCaptureLost(name, reason)),
    packetsBack: (name) => log.info({ event: "capture-back", interface: name }, words.packetCaptureBack(name)),
    noDefaultRoute: () => log.warn({ event: "capture-lost" }, words.noDefaultRoute()),
    fallback: (name, used, wanted, reason) =>
      log.warn(
        { event: "capture-fallback", interface: name, reason },
        words.captureFallback(name, used, wanted, reason),
      ),
  };
}
