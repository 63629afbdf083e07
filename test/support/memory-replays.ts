// The memory of used packets, without a disk.
import { OnceMemory } from "../../src/core/once.ts";

export class MemoryReplays extends OnceMemory {
  load(): string | undefined {
    return undefined;
  }
}
