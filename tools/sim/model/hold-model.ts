import type { Hold } from '../../../src/ledger/hold';

/** What was asked of a hold or a deduction that was made before. */
export type AskedFollowUp =
  | {
      readonly kind: 'confirm';
      readonly accountId: string;
      readonly holdId: string;
      readonly amountMinor: bigint | null;
    }
  | { readonly kind: 'cancel'; readonly accountId: string; readonly holdId: string }
  | {
      readonly kind: 'reverse';
      readonly accountId: string;
      readonly reverses: string;
      readonly requestId: string;
      readonly amountMinor: bigint | null;
    };

/** A hold as the bookkeeper knows it, and what was asked to be done to it. */
export class HoldModel {
  hold: Hold | undefined;
  /** Amounts of tries, and what confirms asked for (`null`: all of it). */
  readonly triedMinor: bigint[] = [];
  readonly confirmsMinor: (bigint | null)[] = [];
  /** The instances through which it was asked to be cancelled. */
  readonly cancelAskedAt = new Set<string>();

  get isCancelAsked(): boolean {
    return this.cancelAskedAt.size > 0;
  }

  /** Whether a cancel took the key where there was no hold, and was asked for nowhere but there. */
  isTombstoneOf(instance: string): boolean {
    const isTombstone = this.hold?.amountMinor === 0n;
    return isTombstone && this.cancelAskedAt.size === 1 && this.cancelAskedAt.has(instance);
  }

  /** @returns what is wrong with the hold as it was just written */
  taken(hold: Hold): string | undefined {
    const before = this.hold;
    const isTombstone = hold.amountMinor === 0n;
    this.hold = isTombstone ? hold : { ...hold, state: 'held' };
    if (before) return 'taken twice';
    if (isTombstone) return this.isCancelAsked ? undefined : 'a tombstone that nobody asked for';
    return this.triedMinor.includes(hold.amountMinor)
      ? undefined
      : `${hold.amountMinor} that nobody asked for`;
  }

  /** @param nowUs the time of the shard's clock at which it was settled */
  settled(hold: Hold, nowUs: number): string | undefined {
    const before = this.hold;
    this.hold = hold;
    if (before?.state !== 'held') return `${hold.state} after ${before?.state ?? 'nothing'}`;
    switch (hold.state) {
      case 'held':
        return 'settled as held';
      case 'confirmed':
        return this.confirmsMinor.some((asked) => (asked ?? hold.amountMinor) === hold.confirmedMinor) &&
          hold.confirmedMinor <= hold.amountMinor
          ? undefined
          : `confirmed ${hold.confirmedMinor} of ${hold.amountMinor}, which nobody asked for`;
      case 'cancelled':
        return this.isCancelAsked ? undefined : 'cancelled, which nobody asked for';
      case 'expired':
        return hold.expiresAtUs <= nowUs ? undefined : 'expired before its time';
    }
  }
}
