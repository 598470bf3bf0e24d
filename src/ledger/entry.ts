import type { Charge } from './allowance';

/** What moves the account's total, and is listed. */
export const LISTED_KINDS = [
  'deduction',
  'credit',
  'reversal',
  'hold-confirmation',
  'transfer-out',
  'transfer-in',
  'transfer-return',
  'credit-reversal',
] as const;

export type ListedKind = (typeof LISTED_KINDS)[number];

/**
 * Marks move nothing in or out and are in no list. `hold` marks that a key belongs to a hold, in the one index that guards all
 * keys, and `hold-raise` what a hold was raised by; `transfer-refused` marks that a payment from another account was not taken, so
 * that it cannot be taken later either.
 */
export type EntryKind = ListedKind | 'hold' | 'hold-raise' | 'transfer-refused';

export function isMark(kind: EntryKind): kind is Exclude<EntryKind, ListedKind> {
  return kind === 'hold' || kind === 'hold-raise' || kind === 'transfer-refused';
}

/** One line of the ledger: something that came from or went outside the account. Immutable once written. */
export interface Entry {
  readonly accountId: string;
  /** The idempotency key; one namespace per account, all kinds together. */
  readonly requestId: string;
  readonly kind: EntryKind;
  /** Never negative; the kind says which way the money went. Zero only in the mark of a hold that never was. */
  readonly amountMinor: bigint;
  readonly subAccount: number;
  /** The version of the sub-account that this entry made; with `subAccount` it is unique within the account. */
  readonly version: number;
  readonly epoch: number;
  /** What the request asked for, hashed (32 hex digits), to tell a retry from a reused key. */
  readonly fingerprint: string;
  readonly reference: string | null;
  /** Canonical JSON of a string map. */
  readonly metadata: string | null;
  /** Microseconds since 1970 by the shard's database clock, read after the sub-account was locked. */
  readonly createdAtUs: number;
  /** The other account, where the money came from there or went there. */
  readonly counterparty?: string;
  /** The budgets that it was charged to; each allowance has an entry of its own under the same key. */
  readonly charges?: readonly Charge[];
}

/** What an entry did to its account's total. */
export function signedAmount({ kind, amountMinor }: Pick<Entry, 'kind' | 'amountMinor'>): bigint {
  switch (kind) {
    case 'credit':
    case 'reversal':
    case 'transfer-in':
    case 'transfer-return':
      return amountMinor;
    case 'deduction':
    case 'hold-confirmation':
    case 'transfer-out':
    case 'credit-reversal':
      return -amountMinor;
    case 'hold':
    case 'hold-raise':
    case 'transfer-refused':
      return 0n;
  }
}

/** Identifies an entry within a shard: account ids hold no blank, so the pair cannot be confused. */
export function entryKey(accountId: string, requestId: string): string {
  return `${accountId} ${requestId}`;
}
