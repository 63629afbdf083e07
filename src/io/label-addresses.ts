// What this machine knows of an address label such as eth0:1.
import { networkInterfaces } from "node:os";

/** An address has its label where an interface has its name (getifaddrs(3)). */
export function addressesOf(label: string): string[] {
  return (networkInterfaces()[label] ?? []).map(({ address }) => address);
}
