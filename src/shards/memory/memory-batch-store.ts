import type { Changes } from '../../ledger/shard-state';
import type { Departure } from '../../ledger/transfer';
import {
  type BatchStore,
  type BatchTransaction,
  type FoundKeys,
  type KeyScope,
  type Locked,
  NOTHING_FOUND,
  type RowScope,
} from '../batch-transaction';
import { type Interference, type MemoryStep, NO_INTERFERENCE, pass } from './interference';
import { type MemoryDatabase, type StoredAccount, transferKey } from './memory-database';

/** Batches in memory, with the transactions of a real store: one at a time, seen by nobody until they commit. */
export class MemoryBatchStore implements BatchStore {
  constructor(
    private readonly database: MemoryDatabase,
    private readonly interfere: Interference = NO_INTERFERENCE,
  ) {}

  get name(): string {
    return this.database.name;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async begin(): Promise<BatchTransaction> {
    const leave = await this.database.enter();
    try {
      await pass('begin', this.name, this.interfere);
      return new MemoryBatchTransaction(this.database, this.interfere, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }
}

class MemoryBatchTransaction implements BatchTransaction {
  constructor(
    private readonly database: MemoryDatabase,
    private readonly interfere: Interference,
    private readonly leave: () => void,
  ) {}

  async lock({ rows, wholeAccounts, keys }: RowScope): Promise<Locked> {
    await this.#pass('lock');
    const locked = [...rows.keys()].sort().flatMap((accountId) => {
      const named = rows.get(accountId);
      return [...this.database.account(accountId).rows.values()]
        .filter((row) => wholeAccounts.has(accountId) || named?.has(row.index))
        .sort((a, b) => a.index - b.index);
    });
    const found = keys ? this.#find(keys) : NOTHING_FOUND;
    return { nowUs: this.database.nowUs(), rows: locked, found };
  }

  async lookUp(keys: KeyScope): Promise<FoundKeys> {
    await this.#pass('lookUp');
    return this.#find(keys);
  }

  #find(keys: KeyScope): FoundKeys {
    return {
      entries: this.#among(keys.requestIds, ({ entries }) => entries),
      arrivals: this.#transfers(keys.arrivalIds, 'in'),
      departures: this.#transfers(keys.departureIds, 'out'),
      holds: this.#among(keys.holdIds, ({ holds }) => holds),
      reversals: this.#among(keys.reversedIds, ({ reversals }) => reversals).flatMap((all) => all.slice(-1)),
    };
  }

  #among<T>(
    ids: ReadonlyMap<string, readonly string[]>,
    table: (account: StoredAccount) => ReadonlyMap<string, T>,
  ): T[] {
    return [...ids].flatMap(([accountId, some]) => {
      const stored = table(this.database.account(accountId));
      return some.map((id) => stored.get(id)).filter((each) => each !== undefined);
    });
  }

  #transfers(ids: ReadonlyMap<string, readonly string[]>, direction: 'in' | 'out'): Departure[] {
    return [...ids].flatMap(([accountId, transferIds]) => {
      const stored = this.database.account(accountId).transfers;
      return transferIds
        .map((transferId) => stored.get(transferKey({ transferId, direction })))
        .filter((row) => row !== undefined)
        .map(({ amountMinor, fromSubAccount, toSubAccount, transferId, peerShard }) => ({
          accountId,
          transferId,
          amountMinor,
          fromSubAccount,
          toSubAccount,
          toShard: peerShard ?? this.database.name,
        }));
    });
  }

  async commit(changes: Changes): Promise<void> {
    await this.#pass('beforeCommit');
    this.database.write(changes);
    await this.#pass('afterCommit');
    this.leave();
  }

  /** Nothing was written yet, so there is nothing to take back. */
  rollback(): Promise<void> {
    this.leave();
    return Promise.resolve();
  }

  #pass(step: MemoryStep): Promise<void> {
    return pass(step, this.database.name, this.interfere);
  }
}
