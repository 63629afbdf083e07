// A queue from the oldest that may lose members anywhere. (A Map whose first entry is deleted again and again takes quadratic time.)

/** How many that are gone may pile up. */
const GONE_MAX = 1000;

export class OldestFirst<T> {
  readonly #isGone: (member: T) => boolean;
  /** BOUNDED: twice those that are not gone, and GONE_MAX. */
  #members: T[] = [];
  #head = 0;

  constructor(isGone: (member: T) => boolean) {
    this.#isGone = isGone;
  }

  /** `living`: how many there are with this one. */
  push(member: T, living: number): void {
    this.#members.push(member);
    if (this.#members.length <= 2 * living + GONE_MAX) return;
    this.#members = this.#members.slice(this.#head).filter((each) => !this.#isGone(each));
    this.#head = 0;
  }

  /** Takes out the oldest that is not gone. */
  shift(): T | undefined {
    while (this.#head < this.#members.length) {
      const member = this.#members[this.#head++];
      if (member !== undefined && !this.#isGone(member)) return member;
    }
    return undefined;
  }
}
