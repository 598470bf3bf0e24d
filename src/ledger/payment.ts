import type { Entry } from './entry';

/**
 * Money on its way from one account to another. The debit writes it, in its own transaction, on the shard where it is made; it
 * is forgotten once it has arrived or come back, whichever of the two the account that is paid has decided for good.
 */
export interface Payment {
  /** The account that pays. */
  readonly accountId: string;
  /** Of the debit. */
  readonly requestId: string;
  /** The row that has paid, and that takes the money back if it must come back. */
  readonly subAccount: number;
  readonly amountMinor: bigint;
  readonly fingerprint: string;
  readonly reference: string | null;
  /** Canonical JSON of a string map. */
  readonly metadata: string | null;
  /** Of the debit's entry. */
  readonly createdAtUs: number;
  readonly payee: Payee;
}

/**
 * Where a payment arrives, as it was when the debit was made. It stays so, however the account is moved or resized meanwhile: a
 * row that has come out of use takes the money and is emptied again, and no two rows can take the same payment.
 */
export interface Payee {
  readonly accountId: string;
  readonly shard: string;
  readonly subAccount: number;
}

/** @param entry of the debit */
export function paymentOf(entry: Entry, payee: Payee): Payment {
  const { accountId, requestId, subAccount, amountMinor, fingerprint, reference, metadata, createdAtUs } =
    entry;
  return {
    accountId,
    requestId,
    subAccount,
    amountMinor,
    fingerprint,
    reference,
    metadata,
    createdAtUs,
    payee,
  };
}
