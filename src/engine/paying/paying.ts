import type { Entry } from '../../ledger/entry';
import { returnOfPaymentKey } from '../../ledger/identifiers';
import type { MoneyAsked } from '../../ledger/money-asked';
import { type Payee, type Payment, paymentOf } from '../../ledger/payment';
import { routeRequest } from '../../ledger/routing';
import type { AccountRecord } from '../../shards/directory/account-record';
import type { AccountCache } from '../account-cache';
import type { Engine } from '../engine';
import type { EngineOutcome } from '../engine-outcome';
import type { Flow } from '../flow';
import type { ShardSet } from '../shard-set';
import type { Deliveries } from './deliveries';

/** What a user asks for: the account of it is the one that pays. */
export interface PaymentRequest extends MoneyAsked {
  readonly flow?: Flow | undefined;
}

/** What a payment came to. */
export type PayOutcome =
  /** It has arrived, now or (`replayed`) before. */
  | { readonly kind: 'paid'; readonly entry: Entry; readonly replayed: boolean }
  /** It was not taken, and has come back; with the entry of the debit. */
  | { readonly kind: 'returned'; readonly entry: Entry }
  /** Nothing was done: the account that is to be paid takes nothing, or not so much. */
  | { readonly kind: 'payeeFrozen' | 'payeeClosed' | 'payeeFull' }
  | Exclude<EngineOutcome, { kind: 'applied' | 'replayed' }>;

export interface PayingParts {
  readonly shards: ShardSet;
  readonly accounts: Pick<AccountCache, 'read'>;
  readonly engine: Pick<Engine, 'charge' | 'findEntry' | 'admit'>;
  readonly deliveries: Deliveries;
}

/** Whether the account that is to be paid takes the money, as far as can be seen before the debit. */
type PayeeAdmission = Admitted | { readonly kind: 'refused'; readonly outcome: PayOutcome };

interface Admitted {
  readonly kind: 'admitted';
  readonly payee: Payee;
  readonly release: () => void;
}

interface Between {
  readonly payer: AccountRecord;
  readonly payee: AccountRecord;
}

/**
 * Payments from one account to another: the debit, durable with what is to be done about it, and then the arrival, or the return
 * of what was refused. Whoever asks is answered when the money is at its end.
 */
export class Paying {
  constructor(private readonly parts: PayingParts) {}

  /**
   * Resolves once the payment has arrived or come back, durably, or with why there is none; `shardUnavailable` also where it is
   * under way and not known to have ended. The same request finds it then. Rejects as `Engine.submit` does.
   */
  async pay(request: PaymentRequest, { payer, payee }: Between): Promise<PayOutcome> {
    const admission = await this.#admit(request, payee);
    if (admission.kind === 'admitted') return this.#payAdmitted(request, payer, admission);
    // A found key outranks every reason to refuse.
    const earlier = await this.#earlier(request, payer);
    if (earlier || payee.status === 'active') return earlier ?? admission.outcome;
    // The record may be older than the account's status is: nobody is turned away by what was so some time ago.
    const fresh = await this.#admit(request, (await this.parts.accounts.read(payee.accountId)) ?? payee);
    return fresh.kind === 'admitted' ? this.#payAdmitted(request, payer, fresh) : fresh.outcome;
  }

  async #payAdmitted(
    request: PaymentRequest,
    payer: AccountRecord,
    { payee, release }: Admitted,
  ): Promise<PayOutcome> {
    try {
      return await this.#payTo(payee, request, payer);
    } finally {
      release();
    }
  }

  async #payTo(payee: Payee, request: PaymentRequest, payer: AccountRecord): Promise<PayOutcome> {
    const outcome = await this.parts.engine.charge({ ...request, kind: 'deduct', payee }, payer);
    switch (outcome.kind) {
      case 'applied':
        return this.#deliver(outcome.shard, paymentOf(outcome.entry, payee), {
          entry: outcome.entry,
          replayed: false,
        });
      case 'replayed':
        return this.#settle(outcome.shard, outcome.entry);
      default:
        return outcome;
    }
  }

  async #earlier(
    { requestId, fingerprint }: PaymentRequest,
    payer: AccountRecord,
  ): Promise<PayOutcome | undefined> {
    const found = await this.parts.engine.findEntry(payer, requestId);
    if (!found) return undefined;
    if (found.entry.fingerprint !== fingerprint) return { kind: 'keyReused' };
    return this.#settle(found.shard, found.entry);
  }

  /**
   * What became of a payment that was made before. One that is not under way any more has ended: the row is forgotten after what
   * ended it was durable, so that is read after the row was missed.
   */
  async #settle(shard: string, entry: Entry): Promise<PayOutcome> {
    const { accountId, requestId } = entry;
    const from = this.parts.shards.shard(shard);
    const [payment] = await from.findPayments(accountId, [requestId]);
    if (payment) return this.#deliver(shard, payment, { entry, replayed: true });
    const back = await from.findEntry(accountId, returnOfPaymentKey(entry));
    return back ? { kind: 'returned', entry } : { kind: 'paid', entry, replayed: true };
  }

  async #deliver(
    shard: string,
    payment: Payment,
    made: { readonly entry: Entry; readonly replayed: boolean },
  ): Promise<PayOutcome> {
    const delivered = await this.parts.deliveries.deliver(shard, payment);
    switch (delivered) {
      case 'arrived':
        return { kind: 'paid', ...made };
      case 'returned':
        return { kind: 'returned', entry: made.entry };
      case 'waits':
        return { kind: 'shardUnavailable', shard: payment.payee.shard };
    }
  }

  /** Looks before the debit at what would refuse the arrival. What changes after that brings the money back. */
  async #admit({ requestId, amountMinor }: PaymentRequest, account: AccountRecord): Promise<PayeeAdmission> {
    const { shards, engine } = this.parts;
    const refused = (outcome: PayOutcome): PayeeAdmission => ({ kind: 'refused', outcome });
    if (account.status === 'closed') return refused({ kind: 'payeeClosed' });
    if (account.status === 'frozen') return refused({ kind: 'payeeFrozen' });
    const { shard, subAccount } = routeRequest(requestId, account.placement, account.subAccounts);
    await shards.ensure([shard]);
    if (!shards.has(shard) || shards.lanes(shard).isDown) return refused({ kind: 'shardUnavailable', shard });
    const admission = await engine.admit(account, amountMinor);
    if (admission.kind !== 'admitted')
      return refused(admission.kind === 'above' ? { kind: 'payeeFull' } : { kind: 'overloaded', shard });
    return {
      kind: 'admitted',
      release: admission.release,
      payee: { accountId: account.accountId, shard, subAccount },
    };
  }
}
