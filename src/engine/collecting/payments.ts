import type { Pull } from '../../ledger/plan-collection';
import type { Departure } from '../../ledger/transfer';
import type { AccountRecord } from '../../shards/directory/account-record';
import { NO_FAULTS, type ReachPoint } from '../fault-points';
import type { Mover } from '../mover';
import type { ShardSet } from '../shard-set';
import { arrivalOf, type Transfers } from '../transfers';
import { type Homed, tellUnlessShort } from './waiting';

/** Deductions that go into one transaction at home together with the money brought for them. */
const TOGETHER_MAX = 256;

export interface PaymentParts {
  readonly shards: ShardSet;
  readonly transfers: Transfers;
  readonly mover: Mover;
  readonly reach?: ReachPoint;
}

interface Sent {
  readonly from: string;
  readonly departure: Departure;
}

/** Brings home what is missing and lets the deductions be judged with it, in one transaction for each home. */
export class Payments {
  constructor(private readonly parts: PaymentParts) {}

  /** @returns those whose home was short even so: others took what the reading had found */
  async pay(account: AccountRecord, paying: readonly Homed[], pulls: readonly Pull[]): Promise<Homed[]> {
    const homes = Map.groupBy(paying, ({ shard }) => shard);
    const unpaid = await Promise.all(
      [...homes].map(async ([shard, some]) => {
        const toSubAccount = some[0]?.command.subAccount ?? 0;
        const sent = await Promise.all(
          pulls.filter(({ to }) => to === shard).map((pull) => this.#send(account, pull, toSubAccount)),
        );
        return this.#payAt(
          shard,
          some,
          sent.filter((each) => each !== undefined),
        );
      }),
    );
    return unpaid.flat();
  }

  async #send(account: AccountRecord, pull: Pull, toSubAccount: number): Promise<Sent | undefined> {
    const departure = await this.parts.mover.send({
      by: 'collector',
      accountId: account.accountId,
      fromShard: pull.from,
      toShard: pull.to,
      toSubAccount,
      amountMaxMinor: pull.amountMinor,
    });
    return departure && { from: pull.from, departure };
  }

  async #payAt(shard: string, paying: readonly Homed[], sent: readonly Sent[]): Promise<Homed[]> {
    if (sent.length > 0) await (this.parts.reach ?? NO_FAULTS)('collector.departed');
    const lanes = this.parts.shards.lanes(shard);
    const unpaid: Homed[] = [];
    for (let from = 0; from < paying.length; from += TOGETHER_MAX) {
      const some = paying.slice(from, from + TOGETHER_MAX);
      const brought = from === 0 ? sent : [];
      const outcomes = await lanes.submitTogether([
        ...brought.map((each) => arrivalOf(each.departure, each.from)),
        ...some.map(({ command }) => command),
      ]);
      brought.forEach((each, position) => {
        const arrived = outcomes[position]?.kind;
        if (arrived === 'arrived' || arrived === 'alreadyArrived')
          this.parts.transfers.markArrived(each.from, [each.departure]);
      });
      unpaid.push(...tellUnlessShort(shard, some, outcomes.slice(brought.length)));
    }
    return unpaid;
  }
}
