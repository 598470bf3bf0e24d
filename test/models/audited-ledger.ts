import type { Command } from '../../src/ledger/command';
import type { Entry } from '../../src/ledger/entry';
import type { SubAccount } from '../../src/ledger/sub-account';
import type { AuditOptions } from '../../src/audit/audit';
import { fingerprint } from '../../src/engine/fingerprint';
import { routeToHome } from '../../src/engine/router';
import type { AccountRecord } from '../../src/shards/directory/account-record';
import type { Interference } from '../../src/shards/memory/interference';
import { MemoryDatabase, type TransferRow, transferKey } from '../../src/shards/memory/memory-database';
import { MemoryShard } from '../../src/shards/memory/memory-shard';
import { NO_HINT, type Shard } from '../../src/shards/shard';
import { accountRecord } from './account-record';
import { TestClock } from './test-clock';

/** A few accounts on three shards in memory, changed by the real state machine and, past it, by hand. */
export class AuditedLedger {
  readonly clock = new TestClock();
  readonly accounts = new Map<string, AccountRecord>();
  #spreads = 0;
  readonly databases = ['s0', 's1', 's2'].map(
    (name) => new MemoryDatabase(name, () => this.clock.now() * 1_000),
  );
  readonly shards = this.databases.map(
    (database) =>
      new MemoryShard({
        database,
        surroundings: this.clock,
        describeAccount: () =>
          Promise.resolve({ epoch: 1, accountStatus: 'active', accountStatusVersion: 1 } as const),
        interfere: (step) => this.interfere[database.name]?.(step),
      }),
  );
  readonly interfere: Record<string, Interference> = {};

  readonly directory: AuditOptions['directory'] = {
    findAccount: (accountId) => Promise.resolve(this.accounts.get(accountId)),
    listAccounts: ({ after, limit }) =>
      Promise.resolve(
        [...this.accounts.values()]
          .filter(({ accountId }) => accountId > after)
          .sort((a, b) => (a.accountId < b.accountId ? -1 : 1))
          .slice(0, limit),
      ),
  };

  create(accountId: string, subAccounts: number, shards: readonly string[] = ['s0', 's1', 's2']): void {
    this.accounts.set(accountId, accountRecord({ accountId, subAccounts, placement: { epoch: 1, shards } }));
  }

  /** Submits a request as the engine would, without letting its departures arrive. */
  async submit(kind: 'deduct' | 'credit', accountId: string, requestId: string, amountMinor: bigint) {
    const account = this.#named(accountId);
    const { shard, command } = routeToHome(
      {
        kind,
        accountId,
        requestId,
        amountMinor,
        fingerprint: fingerprint(kind, amountMinor),
        reference: null,
        metadata: null,
      },
      account,
      { newId: () => String((this.#spreads += 1)) },
    );
    return { shard, outcome: await this.run(shard, command) };
  }

  async run(shard: string, command: Command) {
    const [outcome] = (await this.shard(shard).applyBatch([command], NO_HINT)).outcomes;
    return outcome;
  }

  /** Lets what has left arrive, up to a number of transfers, and marks it so. */
  async settle(limit = Infinity): Promise<void> {
    for (const shard of this.shards) {
      for (const { toShard, ...transfer } of await shard.pendingDepartures({ limit, olderThanMs: 0 })) {
        await this.run(toShard, {
          ...transfer,
          kind: 'transferIn',
          subAccount: transfer.toSubAccount,
        });
        await shard.completeTransfers([transfer]);
      }
    }
  }

  shard(name: string): MemoryShard {
    return this.shards.find((shard) => shard.name === name) as MemoryShard;
  }

  /** The shards, on which something happens before whatever is asked of them. */
  shardsAfter(happen: () => Promise<void> | undefined): Shard[] {
    return this.shards.map(
      (shard) =>
        new Proxy<Shard>(shard, {
          get: (target, name) => {
            const value: unknown = Reflect.get(target, name, target);
            if (typeof value !== 'function') return value;
            return async (...given: unknown[]): Promise<unknown> => {
              await happen();
              return Reflect.apply(value, target, given) as Promise<unknown>;
            };
          },
        }),
    );
  }

  /** The first row of an account that passes, and where to put it back. */
  row(accountId: string, passes: (row: SubAccount) => boolean = () => true) {
    for (const database of this.databases) {
      const row = [...database.account(accountId).rows.values()].find(passes);
      if (row) return { database, row };
    }
    throw new RangeError('no such row');
  }

  changeRow(accountId: string, changed: Partial<SubAccount>, passes?: (row: SubAccount) => boolean): void {
    const { database, row } = this.row(accountId, passes);
    database.account(accountId).rows.set(row.index, { ...row, ...changed });
  }

  entry(accountId: string) {
    for (const database of this.databases) {
      for (const entry of database.account(accountId).entries.values()) return { database, entry };
    }
    throw new RangeError('no such entry');
  }

  putEntry(database: MemoryDatabase, entry: Entry): void {
    database.account(entry.accountId).entries.set(entry.requestId, entry);
  }

  transfer(accountId: string, direction: TransferRow['direction']) {
    for (const database of this.databases) {
      for (const transfer of database.account(accountId).transfers.values())
        if (transfer.direction === direction && transfer.peerShard !== database.name)
          return { database, transfer, key: transferKey(transfer) };
    }
    throw new RangeError('no such transfer');
  }

  #named(accountId: string): AccountRecord {
    const account = this.accounts.get(accountId);
    if (!account) throw new RangeError(`no account ${accountId}`);
    return account;
  }
}
