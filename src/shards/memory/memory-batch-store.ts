import type { Changes } from '../../ledger/shard-state';
import type { SubAccount } from '../../ledger/sub-account';
import type { Departure } from '../../ledger/transfer';
import type { BatchStore, BatchTransaction, FoundKeys, KeyScope, RowScope } from '../batch-transaction';
import { type Interference, type MemoryStep, NO_INTERFERENCE, pass } from './interference';
import { type MemoryDatabase, transferKey } from './memory-database';

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

  async lock({ rows, wholeAccounts }: RowScope): Promise<{ nowUs: number; rows: SubAccount[] }> {
    await this.#pass('lock');
    const locked = [...rows.keys()].sort().flatMap((accountId) => {
      const named = rows.get(accountId);
      return [...this.database.account(accountId).rows.values()]
        .filter((row) => wholeAccounts.has(accountId) || named?.has(row.index))
        .sort((a, b) => a.index - b.index);
    });
    return { nowUs: this.database.nowUs(), rows: locked };
  }

  async lookUp(keys: KeyScope): Promise<FoundKeys> {
    await this.#pass('lookUp');
    const entries = [...keys.requestIds].flatMap(([accountId, requestIds]) => {
      const stored = this.database.account(accountId).entries;
      return requestIds.map((requestId) => stored.get(requestId)).filter((entry) => entry !== undefined);
    });
    return {
      entries,
      arrivals: this.#transfers(keys.arrivalIds, 'in'),
      departures: this.#transfers(keys.departureIds, 'out'),
    };
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
