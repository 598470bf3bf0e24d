import { remember } from '../remember';
import type { Question } from './question';

/** Charges and accounts that are doubted at once; beyond that the oldest is forgotten. */
const DOUBTED_MAX = 10_000;

/** How long an account is doubted after a call that failed for its charges alone. */
const ACCOUNT_MS = 60_000;

/**
 * Charges that made a call fail on their own, and accounts that had such charges. A doubted charge is asked about alone, and
 * charges of a doubted account are not asked about together with those of another one.
 */
export class Doubts {
  readonly #charges = new Map<string, true>();
  readonly #accounts = new Map<string, number>();

  constructor(private readonly now: () => number) {}

  chargeFailed(question: Question): void {
    remember(this.#charges, keyOf(question), true, DOUBTED_MAX);
  }

  accountFailed(accountId: string): void {
    remember(this.#accounts, accountId, this.now() + ACCOUNT_MS, DOUBTED_MAX);
  }

  isCharge(question: Question): boolean {
    return this.#charges.has(keyOf(question));
  }

  has(question: Question): boolean {
    return (this.#accounts.get(question.accountId) ?? 0) > this.now() || this.isCharge(question);
  }

  /** The service itself failed: that says nothing about any charge. */
  clear(): void {
    this.#charges.clear();
    this.#accounts.clear();
  }
}

function keyOf({ accountId, requestId }: Question): string {
  return `${accountId} ${requestId}`;
}
