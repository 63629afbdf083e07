// The memory of used packets, without a disk.
import { ReplayMemory } from "../../src/core/once.ts";

export class MemoryReplays extends ReplayMemory {
  load(): string | undefined {
    return undefined;
  }
}
