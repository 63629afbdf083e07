// What the user of the client did wrong or has to repair, in words for stderr; anything else that is thrown is our bug.

export class KnockError extends Error {
  override readonly name = "KnockError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}
