/** What the account has at an instant. */
interface Standing {
  readonly payableMinor: bigint;
  readonly maybeFrozen: boolean;
}

/** A call about something that stands, which may take money of the account; what was true at some instant of it. */
export class PinnedCall {
  wasShort = false;
  wasFrozen = false;

  /** @param wantsMinor what it would take at this instant; `undefined` of a call that takes nothing */
  constructor(private readonly wantsMinor: (() => bigint) | undefined) {}

  get mayTake(): boolean {
    return this.wantsMinor !== undefined;
  }

  lookAt({ payableMinor, maybeFrozen }: Standing): void {
    if (this.wantsMinor && payableMinor < this.wantsMinor()) this.wasShort = true;
    if (maybeFrozen) this.wasFrozen = true;
  }
}
