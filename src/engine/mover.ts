import type { Departure } from '../ledger/transfer';
import { NO_FAULTS, type ReachPoint } from './fault-points';
import type { EngineObserver } from './observer';
import type { ShardSet } from './shard-set';

/** Money to send from one shard of an account to a row of another. */
export interface Move {
  readonly accountId: string;
  readonly fromShard: string;
  readonly toShard: string;
  readonly toSubAccount: number;
  readonly amountMaxMinor: bigint;
  readonly by: MovedBy;
}

/** Who moves money between shards. */
export type MovedBy = 'collector' | 'rebalancer' | 'sweeper';

type MoveObserver = Pick<EngineObserver, 'sent'>;

/** Sends money on its way between an account's shards: the first step of a transfer. */
export class Mover {
  constructor(
    private readonly shards: ShardSet,
    private readonly newId: () => string,
    private readonly parts: {
      readonly reach?: ReachPoint | undefined;
      readonly observer?: MoveObserver;
    } = {},
  ) {}

  /** Never the same twice. */
  newTransferId(): string {
    return `move ${this.newId()}`;
  }

  /** Money has left, durably. */
  sent(by: MovedBy): void {
    this.parts.observer?.sent(by);
  }

  /**
   * Nothing is sent to a shard that is known to be down: it would be in transit for as long as that lasts.
   *
   * @returns what left, durably; `undefined` when nothing did, or when it is not known and recovery will find it
   */
  async send(move: Move): Promise<Departure | undefined> {
    const { accountId, fromShard, toShard, toSubAccount, amountMaxMinor } = move;
    if (this.shards.has(toShard) && this.shards.lanes(toShard).isDown) return undefined;
    await (this.parts.reach ?? NO_FAULTS)('transfer.leaving');
    const outcome = await this.shards.lanes(fromShard).submit({
      kind: 'transferOut',
      accountId,
      transferId: this.newTransferId(),
      amountMaxMinor,
      toShard,
      toSubAccount,
    });
    if (outcome.kind !== 'departed' || !outcome.departure) return undefined;
    this.sent(move.by);
    return outcome.departure;
  }
}
