import type { Entry } from '../../../src/ledger/entry';
import type { Payment } from '../../../src/ledger/payment';
import type { Changes } from '../../../src/ledger/shard-state';

/** What has become of a payment, by the commits alone. */
export type PaymentState = 'under way' | 'arrived' | 'refused' | 'returned';

interface KnownPayment {
  /** Where it was made, and where it has its row until it is forgotten. */
  readonly shard: string;
  readonly payment: Payment;
  state: PaymentState;
  isForgotten: boolean;
}

/** The account that is paid, at the instant at which a payment is decided. */
interface PaidAccount {
  /** It is, or may be, frozen or closed. */
  readonly mayTurnAway: boolean;
  /** What it may still hold. */
  readonly roomMinor: bigint;
}

/** The payments of all accounts: each leaves with its row, and arrives or comes back, one of the two and once. */
export class PaymentModel {
  /** By the account that pays, the request id and the time of the debit. */
  readonly #payments = new Map<string, KnownPayment>();

  /** @returns what is wrong with the debits of a commit, which have their rows in it */
  departed(shard: string, { entries, newPayments }: Changes): string | undefined {
    for (const payment of newPayments) {
      const key = keyOf(payment);
      const debit = entries.find((entry) => entry.kind === 'transfer-out' && keyOf(entry) === key);
      if (this.#payments.has(key)) return `${key} leaves twice`;
      if (!debit || !isOf(debit, payment)) return `${key} has a row of ${payment.amountMinor} and no debit`;
      this.#payments.set(key, { shard, payment, state: 'under way', isForgotten: false });
    }
    const alone = entries.find((entry) => entry.kind === 'transfer-out' && !this.#payments.has(keyOf(entry)));
    return alone && `${keyOf(alone)} leaves without a row`;
  }

  /** @returns what is wrong with an entry that says how a payment goes on, if it is one */
  wentOn(shard: string, entry: Entry, account: PaidAccount): string | undefined {
    switch (entry.kind) {
      case 'transfer-in':
        return this.#decided(shard, entry, (payment) =>
          entry.amountMinor === payment.amountMinor
            ? undefined
            : `left with ${payment.amountMinor} and has arrived with ${entry.amountMinor}`,
        );
      case 'transfer-refused':
        return this.#decided(shard, entry, (payment) => {
          if (entry.amountMinor !== 0n) return `is refused, and moves ${entry.amountMinor}`;
          const isRight = account.mayTurnAway || payment.amountMinor > account.roomMinor;
          return isRight ? undefined : 'is refused for no reason';
        });
      case 'transfer-return':
        return this.#returned(shard, entry);
      default:
        return undefined;
    }
  }

  /** @returns what is wrong with rows that were just taken out */
  forgotten(
    shard: string,
    payments: readonly Pick<Payment, 'accountId' | 'requestId'>[],
  ): string | undefined {
    for (const { accountId, requestId } of payments)
      for (const [key, known] of this.#payments) {
        const { payment } = known;
        if (known.shard !== shard || payment.accountId !== accountId || payment.requestId !== requestId)
          continue;
        known.isForgotten = true;
        if (known.state !== 'arrived' && known.state !== 'returned')
          return `${key} is forgotten while it is ${known.state}`;
      }
    return undefined;
  }

  /** What has become of the payment behind a debit. */
  stateOf(debit: Pick<Entry, 'accountId' | 'requestId' | 'createdAtUs'>): PaymentState | undefined {
    return this.#payments.get(keyOf(debit))?.state;
  }

  /** One that has not ended, or whose row is still there. */
  get unended(): string | undefined {
    for (const [key, { state, isForgotten }] of this.#payments)
      if (!isForgotten || (state !== 'arrived' && state !== 'returned'))
        return `payment ${key} stays ${state}`;
    return undefined;
  }

  #decided(
    shard: string,
    entry: Entry,
    brokenBy: (payment: Payment) => string | undefined,
  ): string | undefined {
    const state = entry.kind === 'transfer-in' ? 'arrived' : 'refused';
    const [, accountId = '', requestId = '', createdAtUs] = entry.requestId.split(' ');
    const key = keyOf({ accountId, requestId, createdAtUs: Number(createdAtUs) });
    const known = this.#payments.get(key);
    if (!known) return `${key} is ${state}, and never left`;
    const { payment } = known;
    const { payee } = payment;
    if (known.state !== 'under way') return `${key} is ${state}, and was ${known.state} before`;
    if (payee.accountId !== entry.accountId || entry.counterparty !== accountId)
      return `${key} is ${state} between ${entry.counterparty} and ${entry.accountId}`;
    if (payee.shard !== shard || payee.subAccount !== entry.subAccount)
      return `${key} is ${state} in row ${entry.subAccount} of ${shard}, and was bound for ${payee.subAccount} of ${payee.shard}`;
    known.state = state;
    const broken = brokenBy(payment);
    return broken && `${key} ${broken}`;
  }

  #returned(shard: string, entry: Entry): string | undefined {
    const [, requestId = '', createdAtUs] = entry.requestId.split(' ');
    const key = keyOf({ accountId: entry.accountId, requestId, createdAtUs: Number(createdAtUs) });
    const known = this.#payments.get(key);
    if (known?.state !== 'refused')
      return `${key} comes back, and was ${known?.state ?? 'never made'} before`;
    const { payment } = known;
    known.state = 'returned';
    if (known.shard !== shard || payment.subAccount !== entry.subAccount)
      return `${key} comes back to row ${entry.subAccount} of ${shard}, and left another`;
    return entry.amountMinor === payment.amountMinor && entry.counterparty === payment.payee.accountId
      ? undefined
      : `${key} comes back with ${entry.amountMinor} from ${entry.counterparty}`;
  }
}

function keyOf({
  accountId,
  requestId,
  createdAtUs,
}: Pick<Entry, 'accountId' | 'requestId' | 'createdAtUs'>) {
  return `${accountId} ${requestId} ${createdAtUs}`;
}

function isOf(debit: Entry, { amountMinor, subAccount, fingerprint, payee }: Payment): boolean {
  return (
    debit.amountMinor === amountMinor &&
    debit.subAccount === subAccount &&
    debit.fingerprint === fingerprint &&
    debit.counterparty === payee.accountId
  );
}
