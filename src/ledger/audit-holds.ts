import type { Invariant } from './audit-finding';
import type { Entry } from './entry';
import type { Hold } from './hold';
import type { SubAccount } from './sub-account';

/** What was expected of one row's holds and reversals, and what was found. */
export interface Mismatch {
  readonly invariant: Invariant;
  readonly detail: string;
  readonly expected: bigint;
  readonly found: bigint;
}

/**
 * Adds up what one row's holds and reversals say, and what its entries say of them, up to the version of a snapshot of
 * the row: when a hold was taken and when it was settled are versions of the row, so what is held at any version is known
 * while holds come and go.
 */
export class HoldTally {
  #heldMinor = 0n;
  #takenMinor = 0n;
  #confirmedMinor = 0n;
  #reversedMinor = 0n;
  readonly #entriesMinor = { hold: 0n, 'hold-confirmation': 0n, reversal: 0n };

  /** @param version of the row's snapshot */
  constructor(private readonly version: number) {}

  addEntry({ version, kind, amountMinor }: Pick<Entry, 'version' | 'kind' | 'amountMinor'>): void {
    if (version > this.version || kind === 'credit' || kind === 'deduction') return;
    this.#entriesMinor[kind] += amountMinor;
  }

  addHold({ version, settledVersion, amountMinor, confirmedMinor }: Hold): void {
    if (version > this.version) return;
    this.#takenMinor += amountMinor;
    if (settledVersion !== null && settledVersion <= this.version) this.#confirmedMinor += confirmedMinor;
    else this.#heldMinor += amountMinor;
  }

  /** @param amountMinor what this reversal alone gave back */
  addReversal(version: number, amountMinor: bigint): void {
    if (version <= this.version) this.#reversedMinor += amountMinor;
  }

  mismatches(row: SubAccount): Mismatch[] {
    const entries = this.#entriesMinor;
    const compared: Mismatch[] = [
      {
        invariant: 'heldIsSumOfHolds',
        detail: 'held',
        expected: this.#heldMinor,
        found: row.heldMinor,
      },
      {
        invariant: 'holdHasEntries',
        detail: 'marks of holds',
        expected: this.#takenMinor,
        found: entries.hold,
      },
      {
        invariant: 'holdHasEntries',
        detail: 'confirmations of holds',
        expected: this.#confirmedMinor,
        found: entries['hold-confirmation'],
      },
      {
        invariant: 'reversalIsCounted',
        detail: 'reversals',
        expected: entries.reversal,
        found: this.#reversedMinor,
      },
    ];
    return compared.filter(({ expected, found }) => expected !== found);
  }
}
