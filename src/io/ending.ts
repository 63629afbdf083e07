// The one moment at which the daemon ends: by a signal, or because there is no going on.

export class Ending {
  readonly promise: Promise<void>;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};

  /** It ends when this process is told to. */
  static bySignal(): Ending {
    const ending = new Ending();
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => ending.end());
    return ending;
  }

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // It may fail before anybody waits for it.
    this.promise.catch(() => {});
  }

  end(): void {
    this.#resolve();
  }

  fail(error: unknown): void {
    this.#reject(error);
  }
}
