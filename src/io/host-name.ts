// What this machine calls itself.
import { hostname } from "node:os";

export function hostName(): string {
  return hostname();
}
