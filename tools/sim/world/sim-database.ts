import type { Payment } from '../../../src/ledger/payment';
import type { Changes } from '../../../src/ledger/shard-state';
import { rowKey, type SubAccount } from '../../../src/ledger/sub-account';
import type { LockWait } from '../../../src/shards/memory/row-locks';
import { MemoryDatabase } from '../../../src/shards/memory/memory-database';
import type { Dice } from '../../kernel/dice';

/** Told of everything that a shard commits, in the order in which it does. */
export interface CommitWatcher {
  /** @param before the rows that changed, as they were, by `rowKey` */
  committed(shard: string, changes: Changes, before: ReadonlyMap<string, SubAccount>): void;
  /** Payments are not under way any more. */
  forgot(shard: string, payments: readonly Pick<Payment, 'accountId' | 'requestId'>[]): void;
}

/** What decides which transactions replication takes away, and is told of each. */
export interface Replication {
  readonly lots: Dice;
  readonly takenAway: () => void;
}

/** A shard's database in memory: it can be away, it can have a wrong clock, it can be on a cluster, and it is watched. */
export class SimDatabase extends MemoryDatabase {
  /** The server is not there. */
  isAway = false;
  /** How likely replication rolls a transaction back between the statements of the trip that commits it. */
  takenAwayShare = 0;
  readonly #watcher: CommitWatcher;

  constructor(
    name: string,
    given: {
      readonly clockUs: () => number;
      readonly lockWait: LockWait;
      readonly watcher: CommitWatcher;
      readonly replication: Replication;
    },
  ) {
    super(name, given.clockUs, given.lockWait);
    this.#watcher = given.watcher;
    const { lots, takenAway } = given.replication;
    this.rolledBackBefore = (statements) => {
      if (this.takenAwayShare === 0 || !lots.happens(this.takenAwayShare)) return undefined;
      takenAway();
      return lots.between(0, statements - 1);
    };
  }

  override write(changes: Changes, feedId?: number): void {
    const before = new Map<string, SubAccount>();
    for (const { accountId, index } of changes.subAccounts) {
      const row = this.account(accountId).rows.get(index);
      if (row) before.set(rowKey(accountId, index), row);
    }
    super.write(changes, feedId);
    this.#watcher.committed(this.name, changes, before);
  }

  override forgetPayments(payments: readonly Pick<Payment, 'accountId' | 'requestId'>[]): void {
    super.forgetPayments(payments);
    this.#watcher.forgot(this.name, payments);
  }
}
