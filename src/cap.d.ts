// What we use of the `cap` package, which ships no types.
declare module "cap" {
  import { EventEmitter } from "node:events";
  export class Cap extends EventEmitter {
    /** Starts capturing into `buffer`; returns the name of the link type. Throws libpcap's message. */
    open(device: string, filter: string, ringBytes: number, buffer: Uint8Array): string;
    close(): boolean;
  }
  const cap: { readonly Cap: typeof Cap };
  export default cap;
}
