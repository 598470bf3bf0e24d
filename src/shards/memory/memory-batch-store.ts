import type { Changes } from '../../ledger/shard-state';
import type { SubAccount } from '../../ledger/sub-account';
import type { Transfer } from '../../ledger/transfer';
import {
  type AheadScope,
  type AheadTransaction,
  type BatchStore,
  type BatchTransaction,
  type Committed,
  COMMITTED,
  type FoundKeys,
  type KeyScope,
  type Locked,
  NOTHING_FOUND,
  type RowScope,
} from '../batch-transaction';
import { faultAtCommit, ShardFault } from '../faults';
import type { ShardIdentity } from '../shard-identity';
import type { TransactionFence } from '../writer-fence';
import { beginFenced, type MemorySession, MemorySessions, writeFenced } from './fenced-writes';
import { type Interference, type MemoryStep, NO_INTERFERENCE, pass } from './interference';
import { type MemoryDatabase, type StoredAccount, transferKey } from './memory-database';

/** Batches in memory, with the transactions of a real store: rows are locked, and nothing is seen until it is committed. */
export class MemoryBatchStore implements BatchStore {
  readonly #sessions: MemorySessions;

  constructor(
    private readonly database: MemoryDatabase,
    private readonly interfere: Interference = NO_INTERFERENCE,
    /** Whose the transactions are. */
    private readonly client: object = {},
  ) {
    this.#sessions = new MemorySessions(database);
  }

  get name(): string {
    return this.database.name;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async lockedAccounts({
    rows,
    wholeAccounts,
  }: Pick<RowScope, 'rows' | 'wholeAccounts'>): Promise<ReadonlySet<string>> {
    await pass('read', { shard: this.name, interfere: this.interfere });
    return this.database.lockedAccounts(
      [...rows].map(([accountId, named]) => ({
        accountId,
        wants: (index: number) => wholeAccounts.has(accountId) || named.has(index),
      })),
    );
  }

  async begin(): Promise<BatchTransaction> {
    await pass('begin', { shard: this.name, interfere: this.interfere });
    return new MemoryBatchTransaction(
      this.database,
      this.interfere,
      this.client,
      this.#sessions,
      this.#sessions.acquire(),
    );
  }
}

class MemoryBatchTransaction implements BatchTransaction {
  readonly #transaction: object;
  readonly #fence: TransactionFence | undefined;
  /** Its client has given it up, and its commit is still on its way. */
  #isLeft = false;

  constructor(
    private readonly database: MemoryDatabase,
    private readonly interfere: Interference,
    private readonly client: object,
    private readonly sessions: MemorySessions,
    private readonly session: MemorySession,
  ) {
    this.#transaction = database.begin(client);
    this.#fence = session.fence?.transaction();
  }

  async lock(scope: RowScope): Promise<Locked> {
    await this.#pass('lock');
    const { slots, name } = this.database;
    if (slots && this.#fence) beginFenced(slots, this.#fence, name);
    return this.#lock(scope);
  }

  async #lock({ rows, wholeAccounts, keys }: RowScope): Promise<Locked> {
    const locked: SubAccount[] = [];
    for (const accountId of [...rows.keys()].sort()) {
      const named = rows.get(accountId);
      const wanted = (index: number): boolean => wholeAccounts.has(accountId) || named?.has(index) === true;
      locked.push(...(await this.database.lockRows(this.#transaction, accountId, wanted)));
    }
    const found = keys ? this.#find(keys) : NOTHING_FOUND;
    return { nowUs: this.database.nowUs(), rows: locked, found };
  }

  async lookUp(keys: KeyScope): Promise<FoundKeys> {
    await this.#pass('lookUp');
    return this.#find(keys);
  }

  async identity(): Promise<ShardIdentity | undefined> {
    await this.#pass('lookUp');
    return this.database.identity;
  }

  #find(keys: KeyScope): FoundKeys {
    return {
      entries: this.#among(keys.requestIds, ({ entries }) => entries),
      arrivals: this.#transfers(keys.arrivalIds, 'in').map(({ peer, ...half }) => ({
        ...half,
        fromShard: peer,
      })),
      departures: this.#transfers(keys.departureIds, 'out').map(({ peer, ...half }) => ({
        ...half,
        toShard: peer,
      })),
      holds: this.#among(keys.holdIds, ({ holds }) => holds),
      reversals: this.#among(keys.reversedIds, ({ reversals }) => reversals).flatMap((all) => all.slice(-1)),
      intakes: this.#among(keys.intakeIds, ({ intakes }) => intakes),
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

  #transfers(
    ids: ReadonlyMap<string, readonly string[]>,
    direction: 'in' | 'out',
  ): (Transfer & { readonly peer: string })[] {
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
          peer: peerShard ?? this.database.name,
        }));
    });
  }

  async commit(changes: Changes, ahead?: () => AheadScope | undefined): Promise<Committed> {
    const scope = ahead?.();
    // Given before the commit is through, as an auto-increment is: another transaction may take the next one and commit first.
    const feedId = this.database.feed.nextId();
    await this.#pass('beforeCommit', (arrives) => {
      this.#isLeft = true;
      void arrives.then(() => {
        this.#arrive(changes, feedId);
      });
    });
    this.#write(changes, feedId);
    this.#end();
    await this.#pass('afterCommit').catch((error: unknown) => {
      throw error instanceof ShardFault ? faultAtCommit(error) : error;
    });
    if (scope) return { ahead: this.#beginAhead(scope) };
    this.sessions.release(this.session);
    return COMMITTED;
  }

  /** All that is sent with a COMMIT. */
  #write(changes: Changes, feedId: number): void {
    const { slots } = this.database;
    if (slots && this.#fence)
      writeFenced(
        { database: this.database, slots, fence: this.#fence, transaction: this.#transaction, feedId },
        changes,
      );
    else this.database.write(changes, feedId);
  }

  async #beginAhead(scope: AheadScope): Promise<AheadTransaction | undefined> {
    const { database, interfere, client, sessions, session } = this;
    const transaction = new MemoryBatchTransaction(database, interfere, client, sessions, session);
    try {
      await transaction.#pass('lockAhead');
      if (database.slots && transaction.#fence)
        beginFenced(database.slots, transaction.#fence, database.name);
      return { scope, transaction, locked: await transaction.#lock({ ...scope, wholeAccounts: new Set() }) };
    } catch (error) {
      if (!(error instanceof ShardFault)) throw error;
      await transaction.rollback();
      return undefined;
    }
  }

  /** The commit of a transaction that its client has given up: it takes effect, unless the server has ended it. */
  #arrive(changes: Changes, feedId: number): void {
    try {
      this.database.assertOpen(this.client, this.#transaction);
      this.#write(changes, feedId);
    } catch (error) {
      if (!(error instanceof ShardFault)) throw error;
    } finally {
      this.#end();
    }
  }

  /** Nothing was written yet, so there is nothing to take back. The session is not used again. */
  rollback(): Promise<void> {
    if (!this.#isLeft) this.#end();
    return Promise.resolve();
  }

  #end(): void {
    this.database.end(this.client, this.#transaction);
  }

  async #pass(step: MemoryStep, arriveLate?: (arrives: Promise<void>) => void): Promise<void> {
    await pass(step, { shard: this.database.name, interfere: this.interfere }, arriveLate);
    if (step !== 'afterCommit') this.database.assertOpen(this.client, this.#transaction);
  }
}
