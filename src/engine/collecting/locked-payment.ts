import { type Collection, planCollection, type ShardFunds } from '../../ledger/plan-collection';
import type { AccountRecord } from '../../shards/directory/account-record';
import { lockedBalance } from '../balances';
import { payableOf } from '../reading';
import { NO_FAULTS, type ReachPoint } from '../fault-points';
import type { LockedReach } from '../locked-reach';
import type { Mover } from '../mover';
import { arrivalOf, type Transfers } from '../transfers';
import type { SeenLevel } from '../levels/level-watch';
import { leastOf, type Refusals, type Short } from './refusals';
import { at, claimOf, type Homed, isJoint, tellUnlessShort } from './waiting';

export interface LockedPaymentParts {
  readonly transfers: Transfers;
  readonly mover: Mover;
  readonly refusals: Refusals;
  readonly reach?: ReachPoint;
}

export interface LockedEnd {
  readonly undecided: readonly Homed[];
  /** What the account can pay, by what the rows and what is in transit hold. */
  readonly short: Short;
  /**
   * Short, but some rows know of a status that refuses before any question of funds, or it concerns rows that are not locked: home
   * says which.
   */
  readonly askHome: readonly Homed[];
  /** Home has the money for them, and they concern rows that are not locked. */
  readonly payAfterwards: readonly Homed[];
  /** Someone waits for money in transit. */
  readonly settle: boolean;
}

/**
 * Decides under locks on every shard, for the deductions of the oldest one's home; the others' turn comes. The sources
 * commit what they send first, then home takes it and the deductions in its own transaction.
 */
export class LockedPayment {
  constructor(private readonly parts: LockedPaymentParts) {}

  /**
   * @param level the account's, read before it was locked
   * @returns `undefined`, and nothing done, when a row is ahead of the placement that was locked; `halted`, and nothing done, when
   * rows refuse debits because the account has used more than its credit limit
   */
  async run(
    account: AccountRecord,
    homed: readonly Homed[],
    locked: LockedReach,
    level: SeenLevel | undefined,
  ): Promise<LockedEnd | 'halted' | undefined> {
    const reach = this.parts.reach ?? NO_FAULTS;
    await reach('collector.locked');
    const balance = lockedBalance(locked, account);
    if (!balance || locked.rows.some(({ row }) => row.epoch > account.placement.epoch)) return undefined;
    if (locked.rows.some(({ row }) => row.accountStatus === 'overLimit')) return 'halted';
    const payableMinor = payableOf(balance);
    const { inTransitMinor } = balance;
    const home = homed[0]?.shard ?? '';
    const here = homed.filter(({ shard }) => shard === home);
    const others = homed.filter(({ shard }) => shard !== home);
    const plan = planCollection(lockedFunds(locked, account), here.map(claimOf), payableMinor);

    // Nobody is let in meanwhile, so the keys are looked up after the instant that was read, which is now.
    const refused = [
      ...at(here, plan.short),
      ...others.filter(({ amountMinor }) => amountMinor > payableMinor),
    ];
    const joint = refused.filter(isJoint);
    const alone = refused.filter((each) => !isJoint(each));
    const isLent = refused.length > 0 && (await this.parts.refusals.isLent(account, balance.heldMinor));
    const short = { payableMinor, isLent, level, refusedMinor: leastOf(refused) };
    const inactive = locked.rows.some(({ row }) => row.accountStatus !== 'active');
    if (!inactive) await Promise.all(alone.map((each) => this.parts.refusals.tellShort(each, short)));
    const paying = at(here, plan.pay);
    const unpaid = await this.#pay(account, { home, paying, plan, locked });
    return {
      undecided: [...at(here, plan.wait), ...unpaid, ...others.filter((each) => !refused.includes(each))],
      short,
      askHome: inactive ? refused : joint,
      payAfterwards: paying.filter(isJoint),
      settle: inTransitMinor > 0n && plan.wait.length > 0,
    };
  }

  async #pay(
    account: AccountRecord,
    payment: {
      readonly home: string;
      readonly paying: readonly Homed[];
      readonly plan: Collection;
      readonly locked: LockedReach;
    },
  ): Promise<Homed[]> {
    const { home, paying, plan, locked } = payment;
    const [first] = paying;
    if (!first) return [];
    const arrivals = [];
    for (const { from, amountMinor } of plan.pulls) {
      const [sent] = await locked.on(from).apply([
        {
          kind: 'transferOut',
          accountId: account.accountId,
          transferId: this.parts.mover.newTransferId(),
          amountMaxMinor: amountMinor,
          toShard: home,
          toSubAccount: first.command.subAccount,
        },
      ]);
      if (sent?.kind !== 'departed' || !sent.departure) continue;
      this.parts.mover.sent('collector');
      arrivals.push(arrivalOf(sent.departure, from));
    }
    await (this.parts.reach ?? NO_FAULTS)('collector.paid');
    const alone = paying.filter((each) => !isJoint(each));
    const outcomes = await locked.on(home).apply([...arrivals, ...alone.map(({ command }) => command)]);
    arrivals.forEach((arrival, position) => {
      const arrived = outcomes[position]?.kind;
      if (arrived === 'arrived' || arrived === 'alreadyArrived')
        this.parts.transfers.markArrived(arrival.fromShard, [arrival]);
    });
    return tellUnlessShort(home, alone, outcomes.slice(arrivals.length));
  }
}

function lockedFunds(locked: LockedReach, account: AccountRecord): ShardFunds[] {
  return account.reach.map((shard) => ({
    shard,
    availableMinor: locked.rows.reduce(
      (sum, each) => (each.shard === shard ? sum + each.row.availableMinor : sum),
      0n,
    ),
    inPlacement: account.placement.shards.includes(shard),
  }));
}
