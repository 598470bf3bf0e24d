import type { Invariant } from './audit-finding';
import type { Entry } from './entry';
import { type Hold, takenMinor, totalMinor, triedMinor } from './hold';
import type { SubAccount } from './sub-account';

/** What was expected of one row's holds and reversals, and what was found. */
export interface Mismatch {
  readonly invariant: Invariant;
  readonly detail: string;
  readonly expected: bigint;
  readonly found: bigint;
}

/** A sum that is known exactly, but for holds that have changed since the snapshot. */
class Between {
  leastMinor = 0n;
  mostMinor = 0n;

  add(leastMinor: bigint, mostMinor = leastMinor): void {
    this.leastMinor += leastMinor;
    this.mostMinor += mostMinor;
  }

  /** The end that something found lies beyond, or what was found. */
  expected(foundMinor: bigint): bigint {
    if (foundMinor < this.leastMinor) return this.leastMinor;
    return foundMinor > this.mostMinor ? this.mostMinor : foundMinor;
  }
}

/**
 * Adds up what one row's holds and reversals say, and what its entries say of them, up to the version of a snapshot of
 * the row: when a hold was taken and when it was settled are versions of the row, so what is held at any version is known
 * while holds come and go.
 *
 * A hold that was captured or raised since the snapshot shows its sums of now. What it had at the snapshot lies between its try and
 * these, and the entries say exactly how much was held then.
 */
export class HoldTally {
  readonly #heldMinor = new Between();
  readonly #setAsideMinor = new Between();
  readonly #takenMinor = new Between();
  /** What settled holds gave back. */
  #releasedMinor = 0n;
  #reversedMinor = 0n;
  #hasChanged = false;
  readonly #entriesMinor = { aside: 0n, taken: 0n, reversed: 0n };

  /** @param version of the row's snapshot */
  constructor(private readonly version: number) {}

  addEntry({ version, kind, amountMinor }: Pick<Entry, 'version' | 'kind' | 'amountMinor'>): void {
    if (version > this.version) return;
    if (kind === 'hold' || kind === 'hold-raise') this.#entriesMinor.aside += amountMinor;
    else if (kind === 'hold-confirmation') this.#entriesMinor.taken += amountMinor;
    else if (kind === 'reversal' || kind === 'credit-reversal') this.#entriesMinor.reversed += amountMinor;
  }

  addHold(hold: Hold): void {
    const { version, settledVersion, changedVersion, amountMinor, capturedMinor, confirmedMinor } = hold;
    if (version > this.version) return;
    if (changedVersion !== null && changedVersion > this.version) {
      this.#hasChanged = true;
      this.#heldMinor.add(0n, totalMinor(hold));
      this.#setAsideMinor.add(triedMinor(hold), totalMinor(hold));
      this.#takenMinor.add(0n, takenMinor(hold));
      return;
    }
    this.#setAsideMinor.add(totalMinor(hold));
    this.#takenMinor.add(capturedMinor);
    if (settledVersion === null || settledVersion > this.version) {
      this.#heldMinor.add(amountMinor);
      return;
    }
    this.#takenMinor.add(confirmedMinor);
    this.#releasedMinor += amountMinor - confirmedMinor;
  }

  /** What was held at the snapshot: by the holds, or, where some have changed since, by the entries. */
  #expectedHeld(foundMinor: bigint): bigint {
    const { aside, taken } = this.#entriesMinor;
    return this.#hasChanged ? aside - taken - this.#releasedMinor : this.#heldMinor.expected(foundMinor);
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
        expected: this.#expectedHeld(row.heldMinor),
        found: row.heldMinor,
      },
      {
        invariant: 'holdHasEntries',
        detail: 'marks of holds',
        expected: this.#setAsideMinor.expected(entries.aside),
        found: entries.aside,
      },
      {
        invariant: 'holdHasEntries',
        detail: 'confirmations of holds',
        expected: this.#takenMinor.expected(entries.taken),
        found: entries.taken,
      },
      {
        invariant: 'reversalIsCounted',
        detail: 'reversals',
        expected: entries.reversed,
        found: this.#reversedMinor,
      },
    ];
    return compared.filter(({ expected, found }) => expected !== found);
  }
}
