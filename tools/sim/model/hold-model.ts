import type { Entry } from '../../../src/ledger/entry';
import type { Hold } from '../../../src/ledger/hold';

/** One capture of a hold that was asked for. */
export interface AskedCapture {
  readonly kind: 'confirm';
  readonly accountId: string;
  readonly holdId: string;
  /** `null` for the last one, without an id of its own. */
  readonly captureId: string | null;
  readonly amountMinor: bigint | null;
  readonly isFinal: boolean;
  readonly mayTakeMore: boolean;
}

/** What was asked of a hold, a deduction or a credit that was made before. */
export type AskedFollowUp =
  | AskedCapture
  | { readonly kind: 'cancel'; readonly accountId: string; readonly holdId: string }
  | {
      readonly kind: 'extend';
      readonly accountId: string;
      readonly holdId: string;
      readonly expiresInUs: number;
    }
  | {
      readonly kind: 'raise';
      readonly accountId: string;
      readonly holdId: string;
      readonly amountMinor: bigint;
    }
  | {
      readonly kind: 'reverse';
      readonly of: 'deduction' | 'credit';
      readonly accountId: string;
      readonly reverses: string;
      readonly captureId: string | null;
      readonly requestId: string;
      readonly amountMinor: bigint | null;
    };

/** No hold of these worlds lasts longer than this since it was tried. */
export const LASTS_US_MAX = 900_000_000;

/**
 * A hold as the bookkeeper knows it, and what was asked to be done to it. Its sums are added up from the entries as they come; what
 * is stored of the hold must say the same.
 */
export class HoldModel {
  hold: Hold | undefined;
  /** Amounts of tries. */
  readonly triedMinor: bigint[] = [];
  readonly captures: AskedCapture[] = [];
  /** What raises asked the hold to come to. */
  readonly raisesMinor = new Set<bigint>();
  /** The longest that was asked for, from any moment on. */
  extendUsMax = 0;
  /** The instances through which it was asked to be cancelled. */
  readonly cancelAskedAt = new Set<string>();
  /** What was set aside for it in all, and what is still. */
  totalMinor = 0n;
  leftMinor = 0n;
  /** The least that it ever had left. */
  leastLeftMinor = 0n;
  takenMinor = 0n;

  get isCancelAsked(): boolean {
    return this.cancelAskedAt.size > 0;
  }

  get isTombstone(): boolean {
    return this.hold !== undefined && sumOf(this.hold) === 0n;
  }

  /** Whether a cancel took the key where there was no hold, and was asked for nowhere but there. */
  isTombstoneOf(instance: string): boolean {
    return this.isTombstone && this.cancelAskedAt.size === 1 && this.cancelAskedAt.has(instance);
  }

  /** @returns what is wrong with the hold as it was just written */
  taken(hold: Hold): string | undefined {
    const before = this.hold;
    const isTombstone = sumOf(hold) === 0n;
    this.hold = isTombstone ? hold : { ...hold, state: 'held' };
    if (before) return 'taken twice';
    if (isTombstone) return this.isCancelAsked ? undefined : 'a tombstone that nobody asked for';
    const triedMinor = sumOf(hold) - hold.raisedMinor;
    return this.triedMinor.includes(triedMinor) ? undefined : `${triedMinor} that nobody asked for`;
  }

  /** @returns what is wrong with an entry about it */
  entered({ kind, amountMinor, fingerprint }: Entry, captureId: string | null): string | undefined {
    switch (kind) {
      case 'hold':
        this.totalMinor = this.leftMinor = this.leastLeftMinor = amountMinor;
        return undefined;
      case 'hold-raise':
        this.totalMinor += amountMinor;
        this.leftMinor += amountMinor;
        return this.raisesMinor.has(this.totalMinor) || this.captures.some((each) => each.mayTakeMore)
          ? undefined
          : `raised to ${this.totalMinor}, which nobody asked for`;
      default: {
        const wasLeft = this.leftMinor;
        this.leftMinor -= amountMinor;
        this.takenMinor += amountMinor;
        if (this.leftMinor < this.leastLeftMinor) this.leastLeftMinor = this.leftMinor;
        if (amountMinor > wasLeft) return `captured ${amountMinor} of ${wasLeft}`;
        const isAsked = this.captures.some(
          (each) => each.captureId === captureId && (each.amountMinor ?? wasLeft) === amountMinor,
        );
        return isAsked ? undefined : `captured ${amountMinor} (${fingerprint}), which nobody asked for`;
      }
    }
  }

  /** @param nowUs the time of the shard's clock at which it was changed */
  changed(hold: Hold, nowUs: number): string | undefined {
    const before = this.hold;
    this.hold = hold;
    if (before?.state !== 'held') return `${hold.state} after ${before?.state ?? 'nothing'}`;
    return this.#brokenSums(hold) ?? this.#brokenTime(before, hold, nowUs) ?? this.#brokenState(hold, nowUs);
  }

  /** What its end gives back, which it does not have any more from then on. */
  release(): bigint {
    const restMinor = this.leftMinor;
    this.leftMinor = this.leastLeftMinor = 0n;
    return restMinor;
  }

  #brokenSums(hold: Hold): string | undefined {
    const takenMinor = hold.capturedMinor + hold.confirmedMinor;
    if (sumOf(hold) !== this.totalMinor)
      return `it comes to ${sumOf(hold)}, by its entries to ${this.totalMinor}`;
    if (takenMinor !== this.takenMinor) return `${takenMinor} was taken, by its entries ${this.takenMinor}`;
    return undefined;
  }

  #brokenTime(before: Hold, { expiresAtUs, createdAtUs }: Hold, nowUs: number): string | undefined {
    if (expiresAtUs === before.expiresAtUs) return undefined;
    if (expiresAtUs < before.expiresAtUs) return 'it lasts shorter than before';
    return expiresAtUs <= Math.min(nowUs + this.extendUsMax, createdAtUs + LASTS_US_MAX)
      ? undefined
      : 'it lasts longer than anybody asked for, or than any may';
  }

  #brokenState(hold: Hold, nowUs: number): string | undefined {
    const { state, amountMinor, confirmedMinor, expiresAtUs } = hold;
    switch (state) {
      case 'held':
        return undefined;
      case 'confirmed':
        return this.captures.some(
          (each) => each.isFinal && (each.amountMinor ?? amountMinor) === confirmedMinor,
        )
          ? undefined
          : `ended by a capture of ${confirmedMinor}, which was not to end it`;
      case 'cancelled':
        return this.isCancelAsked ? undefined : 'cancelled, which nobody asked for';
      case 'expired':
        return expiresAtUs <= nowUs ? undefined : 'expired before its time';
    }
  }
}

function sumOf({ amountMinor, capturedMinor }: Hold): bigint {
  return amountMinor + capturedMinor;
}
