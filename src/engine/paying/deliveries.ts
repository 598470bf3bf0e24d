import type { Payment } from '../../ledger/payment';
import type { AccountRecord } from '../../shards/directory/account-record';
import type { Surroundings } from '../../shards/surroundings';
import type { Command } from '../../ledger/command';
import type { AccountCache } from '../account-cache';
import { awaitSpread } from '../await-spread';
import { NO_FAULTS, type ReachPoint } from '../fault-points';
import type { LaneOutcome } from '../engine-outcome';
import type { EngineObserver } from '../observer';
import { NOT_SPREAD, spreadOver } from '../router';
import type { ShardSet } from '../shard-set';
import type { Transfers } from '../transfers';

/** Payments kept to be forgotten at one shard; recovery finds the rest. */
const UNFORGOTTEN_MAX = 10_000;

/** How often, and for how long, a step is tried that finds a lane full; recovery takes it after that. */
const AGAIN_MS = 50;
const WAIT_MS_MAX = 2_000;

/** What became of a payment: both are final. `waits` where that is not known yet, or not done. */
export type Delivered = 'arrived' | 'returned' | 'waits';

export interface DeliveryParts {
  readonly shards: ShardSet;
  readonly accounts: Pick<AccountCache, 'peek'>;
  readonly transfers: Pick<Transfers, 'forward'>;
  readonly observer: EngineObserver;
  readonly sleep: Surroundings['sleep'];
  readonly newId: () => string;
  readonly reach?: ReachPoint | undefined;
}

/**
 * Brings payments to their end. A payment is durable before it comes here, and every step may be taken again: the arrival, or the
 * refusal, is whichever the account that is paid decided first, and the return has one key. So whoever finds a payment under way
 * may finish it: the instance that made it, or the recovery of any other, or both at once.
 */
export class Deliveries {
  /** Known to have ended, by the shard that they left, and not forgotten there yet. */
  readonly #ended = new Map<string, Payment[]>();
  readonly #forgetting = new Map<string, Promise<void>>();

  constructor(private readonly parts: DeliveryParts) {}

  /** Rejects only when a fault is provoked. */
  async deliver(fromShard: string, payment: Payment): Promise<Delivered> {
    const { shards, reach = NO_FAULTS } = this.parts;
    const { payee } = payment;
    await reach('payment.departed');
    await shards.ensure([payee.shard]);
    if (!shards.has(payee.shard)) return 'waits';
    const outcome = await this.#submit(payee.shard, {
      kind: 'payIn',
      accountId: payee.accountId,
      subAccount: payee.subAccount,
      payment,
      ...this.#spread(payment),
    });
    if (outcome.kind !== 'applied' && outcome.kind !== 'replayed') return 'waits';
    await reach('payment.decided');
    if (outcome.kind === 'applied' && outcome.departures.length > 0)
      await awaitSpread(this.parts, payee.shard, outcome.departures);
    if (outcome.entry.kind === 'transfer-refused') return this.#giveBack(fromShard, payment);
    this.#forgetSoon(fromShard, payment);
    return 'arrived';
  }

  /** Resolves when nothing is being forgotten any more. */
  async whenIdle(): Promise<void> {
    await Promise.all(this.#forgetting.values());
  }

  async #giveBack(fromShard: string, payment: Payment): Promise<Delivered> {
    const { reach = NO_FAULTS } = this.parts;
    const { accountId, subAccount } = payment;
    const outcome = await this.#submit(fromShard, { kind: 'payBack', accountId, subAccount, payment });
    if (outcome.kind !== 'applied' && outcome.kind !== 'replayed') return 'waits';
    await reach('payment.returned');
    this.#forgetSoon(fromShard, payment);
    return 'returned';
  }

  /** The money has left already, so a lane that is full is asked again before anybody is told that it is under way. */
  async #submit(shard: string, command: Command): Promise<LaneOutcome> {
    const { shards, sleep } = this.parts;
    for (let waitedMs = 0; ; waitedMs += AGAIN_MS) {
      const outcome = await shards.lanes(shard).submit(command);
      if (outcome.kind !== 'overloaded' || waitedMs >= WAIT_MS_MAX) return outcome;
      await sleep(AGAIN_MS);
    }
  }

  /** What arrives in a row that is still in use is spread as a credit is; a row out of use is emptied by the sweeper. */
  #spread({ amountMinor, payee }: Payment) {
    const { accounts, shards, newId } = this.parts;
    const account = accounts.peek(payee.accountId);
    if (!account || !isInUse(payee, account)) return NOT_SPREAD;
    const takesShares = (name: string): boolean => !shards.has(name) || !shards.lanes(name).isDown;
    return spreadOver(amountMinor, payee, { account, newId, takesShares });
  }

  /** In the background. What is not forgotten is found by recovery, which finds it ended. */
  #forgetSoon(shard: string, payment: Payment): void {
    const ended = this.#ended.get(shard);
    if (ended) {
      if (ended.length < UNFORGOTTEN_MAX) ended.push(payment);
      return;
    }
    this.#ended.set(shard, [payment]);
    this.#forgetting.set(shard, this.#forget(shard));
  }

  async #forget(shard: string): Promise<void> {
    for (;;) {
      const ended = this.#ended.get(shard)?.splice(0) ?? [];
      if (ended.length === 0) break;
      try {
        await this.parts.shards.shard(shard).forgetPayments(ended);
      } catch (error) {
        this.parts.observer.deferred(`forgetting payments that left ${shard}`, error);
        break;
      }
    }
    this.#ended.delete(shard);
    this.#forgetting.delete(shard);
  }
}

function isInUse(payee: Payment['payee'], { placement, subAccounts }: AccountRecord): boolean {
  const { shards } = placement;
  return payee.subAccount < subAccounts && shards[payee.subAccount % shards.length] === payee.shard;
}
