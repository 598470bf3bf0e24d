import type { Changes } from '../../src/ledger/shard-state';
import { rowKey, type SubAccount } from '../../src/ledger/sub-account';
import type { LockWait } from '../../src/shards/memory/row-locks';
import { MemoryDatabase } from '../../src/shards/memory/memory-database';

/** Told of everything that a shard commits, in the order in which it does. */
export interface CommitWatcher {
  /** @param before the rows that changed, as they were, by `rowKey` */
  committed(shard: string, changes: Changes, before: ReadonlyMap<string, SubAccount>): void;
}

/** A shard's database in memory: it can be away, it can have a wrong clock, and it is watched. */
export class SimDatabase extends MemoryDatabase {
  /** The server is not there. */
  isAway = false;

  constructor(
    name: string,
    given: { readonly clockUs: () => number; readonly lockWait: LockWait; readonly watcher: CommitWatcher },
  ) {
    super(name, given.clockUs, given.lockWait);
    this.#watcher = given.watcher;
  }

  readonly #watcher: CommitWatcher;

  override write(changes: Changes): void {
    const before = new Map<string, SubAccount>();
    for (const { accountId, index } of changes.subAccounts) {
      const row = this.account(accountId).rows.get(index);
      if (row) before.set(rowKey(accountId, index), row);
    }
    super.write(changes);
    this.#watcher.committed(this.name, changes, before);
  }
}
