import type { Entry } from '../../src/ledger/entry';
import type { AccountStatus } from '../../src/ledger/sub-account';

/** What a client asked for, as the model remembers it. */
export interface Asked {
  readonly kind: 'deduct' | 'credit';
  readonly accountId: string;
  readonly requestId: string;
  readonly amountMinor: bigint;
  readonly fingerprint: string;
}

/** A call that has not ended, and what was true at some instant of it. */
export interface OpenCall {
  readonly asked: Asked;
  readonly sinceMs: number;
  /** Its key had taken effect before it began. */
  readonly tookEffectBefore: boolean;
  /** At some instant the account had less than it asks for, and its key had not taken effect. */
  wasShort: boolean;
  wasFrozen: boolean;
  wasClosed: boolean;
}

/** A reading that has not ended, and the totals the account had meanwhile. */
export interface OpenReading {
  readonly totalsMinor: Set<bigint>;
}

export interface Transit {
  readonly amountMinor: bigint;
  readonly toShard: string;
}

/** One account as the plainest bookkeeper sees it: one number, its entries, and what is under way. */
export class AccountModel {
  /** Σ of its entries. */
  totalMinor = 0n;
  /** Σ available + held over all rows of all shards. */
  inRowsMinor = 0n;
  heldMinor = 0n;
  inTransitMinor = 0n;
  readonly entries = new Map<string, { readonly shard: string; readonly entry: Entry }>();
  /** Every variant of a key that was ever asked for. */
  readonly asked = new Map<string, Asked[]>();
  readonly transit = new Map<string, Transit>();
  readonly arrived = new Set<string>();
  readonly openCalls = new Set<OpenCall>();
  readonly openReadings = new Set<OpenReading>();
  /** What the last change of status that was answered said, while nobody has asked for another. */
  surely: AccountStatus = 'active';
  /** From when it was asked for until it was surely undone. */
  maybeFrozen = false;
  maybeClosed = false;

  /** What could be spent at this instant, wherever it is. */
  get payableMinor(): bigint {
    return this.totalMinor - this.heldMinor;
  }

  /** Looks at every open call: what is true of this instant was true at some instant of each. */
  look(): void {
    for (const call of this.openCalls) this.lookAt(call);
    for (const { totalsMinor } of this.openReadings) totalsMinor.add(this.totalMinor);
  }

  lookAt(call: OpenCall): void {
    const { requestId, amountMinor } = call.asked;
    if (this.payableMinor < amountMinor && !this.entries.has(requestId)) call.wasShort = true;
    if (this.maybeFrozen) call.wasFrozen = true;
    if (this.maybeClosed) call.wasClosed = true;
  }
}
