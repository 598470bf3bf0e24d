import { AccountCache, ACCOUNT_CACHE_SETTINGS, type AccountSource } from '../../src/engine/account-cache';
import { Balances } from '../../src/engine/balances';
import { Collector, COLLECTOR_SETTINGS, type CollectorSettings } from '../../src/engine/collector';
import { BALANCE_LIMIT_SETTINGS, BalanceLimit } from '../../src/engine/balance-limit';
import { Engine } from '../../src/engine/engine';
import type { ReachPoint } from '../../src/engine/fault-points';
import type { FollowUp } from '../../src/engine/follow-ups';
import { HomeDeductions } from '../../src/engine/home-deductions';
import { ENTRIES, INTAKES, KeyLookUps } from '../../src/engine/key-look-ups';
import { LANE_SETTINGS } from '../../src/engine/lane-settings';
import { ReachLocks } from '../../src/engine/locked-reach';
import { Mover } from '../../src/engine/mover';
import { Deliveries } from '../../src/engine/paying/deliveries';
import { Paying } from '../../src/engine/paying/paying';
import { PAYMENT_RECOVERY_SETTINGS, PaymentRecovery } from '../../src/engine/paying/payment-recovery';
import type { Request } from '../../src/engine/router';
import { ShardSet } from '../../src/engine/shard-set';
import { Recovery, RECOVERY_SETTINGS } from '../../src/engine/recovery';
import { Transfers } from '../../src/engine/transfers';
import { wrap64 } from '../../src/ledger/money';
import { shardOfSubAccount } from '../../src/ledger/routing';
import type { Changes } from '../../src/ledger/shard-state';
import type { SubAccount } from '../../src/ledger/sub-account';
import type { AccountRecord } from '../../src/shards/directory/account-record';
import type { Interference, MemoryStep } from '../../src/shards/memory/interference';
import { MemoryDatabase } from '../../src/shards/memory/memory-database';
import { LEASE_SETTINGS } from '../../src/strategies/strategy-settings';
import { accountRecord } from './account-record';
import { row } from './commands';
import { EngineShard } from './engine-shard';
import { EngineTime } from './engine-time';
import { NotingObserver } from './noting-observer';

/** A shard's database that says when something was committed. */
class WatchedDatabase extends MemoryDatabase {
  committed: (changes: Changes) => void = () => undefined;

  override write(changes: Changes): void {
    super.write(changes);
    this.committed(changes);
  }
}

export interface InstanceOptions {
  readonly collector?: Partial<CollectorSettings>;
  readonly accounts?: AccountSource;
  /** What happens at the steps of this instance's calls, by shard. */
  readonly interfereAt?: (shard: string, step: MemoryStep) => ReturnType<Interference>;
  readonly parallelism?: number;
  readonly reach?: ReachPoint;
  readonly settleCredit?: (accountId: string) => Promise<unknown>;
}

/** Databases, a directory and any number of service instances over them, all in memory and under one time. */
export class EngineWorld {
  readonly time: EngineTime;
  readonly directory = new StandInDirectory();
  readonly #databases: ReadonlyMap<string, WatchedDatabase>;
  #transfers = 0;

  constructor(
    readonly names: readonly string[],
    given: { readonly seed?: number } = {},
  ) {
    this.time = new EngineTime(given.seed);
    this.#databases = new Map(
      names.map((name) => [name, new WatchedDatabase(name, () => this.time.now() * 1_000)]),
    );
  }

  database(name: string): WatchedDatabase {
    const database = this.#databases.get(name);
    if (!database) throw new RangeError(`no shard ${name} in this world`);
    return database;
  }

  /** An account of the stand-in directory, with its rows, each with the same money. */
  account(given: Partial<AccountRecord> = {}, availableMinor = 0n): AccountRecord {
    const account = accountRecord({ placement: { epoch: 1, shards: this.names }, ...given });
    this.directory.accounts.set(account.accountId, account);
    this.fund(account, () => availableMinor);
    return account;
  }

  /** Sets what each sub-account has, as if it had come from outside. */
  fund(
    account: AccountRecord,
    availableMinor: (index: number) => bigint,
    given: Partial<SubAccount> = {},
  ): void {
    const { accountId, placement, subAccounts } = account;
    for (let index = 0; index < subAccounts; index += 1) {
      this.put(
        shardOfSubAccount(index, placement),
        row({ accountId, index, epoch: placement.epoch, ...given, availableMinor: availableMinor(index) }),
      );
    }
  }

  put(shard: string, stored: SubAccount): void {
    this.database(shard).account(stored.accountId).rows.set(stored.index, stored);
  }

  /** All rows of an account, shard by shard. */
  rows(accountId = 'acme'): { shard: string; row: SubAccount }[] {
    return this.names.flatMap((shard) =>
      [...this.database(shard).account(accountId).rows.values()].map((each) => ({ shard, row: each })),
    );
  }

  /** What the account has at this instant, whatever is on its way: Σ net. */
  total(accountId = 'acme'): bigint {
    return wrap64(this.rows(accountId).reduce((sum, { row: { netMinor } }) => sum + netMinor, 0n));
  }

  /** What is held at this instant. */
  held(accountId = 'acme'): bigint {
    return this.rows(accountId).reduce((sum, { row: { heldMinor } }) => sum + heldMinor, 0n);
  }

  /** What is in the rows at this instant; what is missing from the total is on its way. */
  inRows(accountId = 'acme'): bigint {
    return this.rows(accountId).reduce(
      (sum, { row: { availableMinor, heldMinor } }) => sum + availableMinor + heldMinor,
      0n,
    );
  }

  /** By request id, how often it took effect: once, if all is well. */
  effects(accountId = 'acme'): Map<string, number> {
    const effects = new Map<string, number>();
    for (const name of this.names) {
      for (const requestId of this.database(name).account(accountId).entries.keys())
        effects.set(requestId, (effects.get(requestId) ?? 0) + 1);
    }
    return effects;
  }

  /** Runs after every commit anywhere. */
  onCommit(committed: (changes: Changes) => void): void {
    for (const database of this.#databases.values()) database.committed = committed;
  }

  /** A service instance with its own connections, lanes and memory. */
  instance(options: InstanceOptions = {}) {
    const { time } = this;
    const { interfereAt, parallelism = 1, reach } = options;
    const observer = new NotingObserver();
    const now = (): number => time.now();
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => time.sleep(ms, signal);
    const turn = (): Promise<void> => time.turn();
    const accounts = new AccountCache(
      options.accounts ?? this.directory,
      { ...ACCOUNT_CACHE_SETTINGS, refreshMs: 1e9 },
      now,
    );
    const made = this.names.map(
      (name) =>
        new EngineShard({
          database: this.database(name),
          surroundings: time,
          parallelism,
          describeAccount: async (accountId) => {
            const account = await accounts.read(accountId);
            if (!account) throw new RangeError(`no account ${accountId}`);
            const { placement, status, statusVersion } = account;
            return { epoch: placement.epoch, accountStatus: status, accountStatusVersion: statusVersion };
          },
          ...(interfereAt && { interfere: (step) => interfereAt(name, step) }),
        }),
    );
    const shards = new ShardSet(made, {
      settings: LANE_SETTINGS,
      observer,
      now,
      turn,
      sleep,
      later: (ms, run) => time.later(ms, run),
      newId: () => time.newId(),
    });
    const transfers = new Transfers(shards, observer, reach);
    const recovery = new Recovery({
      shards,
      transfers,
      leases: { acquire: () => Promise.resolve(true) },
      observer,
      instanceId: 'instance',
      now,
      settings: RECOVERY_SETTINGS,
      ...(reach && { reach }),
    });
    const locks = new ReachLocks(shards);
    const mover = new Mover(shards, () => String((this.#transfers += 1)), { reach });
    const lookUps = new KeyLookUps(shards, turn, ENTRIES);
    const balances = new Balances({ shards, accounts, locks, sleep });
    const collector = new Collector({
      shards,
      accounts,
      transfers,
      mover,
      lookUps,
      locks,
      settleCredit: options.settleCredit ?? (() => Promise.resolve()),
      observer,
      now,
      sleep,
      turn,
      settings: { ...COLLECTOR_SETTINGS, ...options.collector },
      ...(reach && { reach }),
    });
    const used: string[] = [];
    const engine = new Engine({
      shards,
      accounts,
      transfers,
      collector,
      homeDeductions: new HomeDeductions({
        shards,
        ways: new Map(),
        observer,
        now: () => 0,
        newId: () => 'incident',
      }),
      balances,
      lookUps,
      intakes: new KeyLookUps(shards, turn, INTAKES),
      observer,
      now,
      sleep,
      ...(reach && { reach }),
      rebalancer: { note: (accountId) => used.push(accountId) },
      balanceLimit: new BalanceLimit(BALANCE_LIMIT_SETTINGS, now),
      leaseSettings: LEASE_SETTINGS,
      surroundings: time,
    });
    const deliveries = new Deliveries({
      shards,
      accounts,
      transfers,
      observer,
      newId: () => time.newId(),
      sleep: (ms, signal) => time.sleep(ms, signal),
      ...(reach && { reach }),
    });
    const paymentRecovery = new PaymentRecovery({
      shards,
      deliveries,
      leases: { acquire: () => Promise.resolve(true) },
      observer,
      instanceId: 'instance',
      now: () => time.now(),
      settings: PAYMENT_RECOVERY_SETTINGS,
      ...(reach && { reach }),
    });
    const shard = (name: string): EngineShard => {
      const found = made.find((each) => each.name === name);
      if (!found) throw new RangeError(`no shard ${name} in this world`);
      return found;
    };
    return {
      engine,
      collector,
      balances,
      transfers,
      recovery,
      deliveries,
      paying: new Paying({ shards, accounts, engine, deliveries }),
      paymentRecovery,
      mover,
      locks,
      lookUps,
      accounts,
      shards,
      observer,
      shard,
      used,
      /** Submits a request as the service does: on the account as this instance knows it. */
      submit: async (request: Request) => {
        const account = accounts.peek(request.accountId) ?? (await accounts.read(request.accountId));
        if (!account) throw new RangeError(`no account ${request.accountId}`);
        return engine.submit(request, account);
      },
      /** Does something to what was done before, as the service does. */
      follow: async (followUp: FollowUp) => {
        const account = accounts.peek(followUp.accountId) ?? (await accounts.read(followUp.accountId));
        if (!account) throw new RangeError(`no account ${followUp.accountId}`);
        return engine.follow(followUp, account);
      },
    };
  }
}

export type EngineInstance = ReturnType<EngineWorld['instance']>;

/** The directory's answers about accounts, set by the test. */
export class StandInDirectory implements AccountSource {
  readonly accounts = new Map<string, AccountRecord>();
  reads = 0;
  /** What reading it fails with. */
  away: Error | undefined;

  findAccount(accountId: string): Promise<AccountRecord | undefined> {
    this.reads += 1;
    return this.away ? Promise.reject(this.away) : Promise.resolve(this.accounts.get(accountId));
  }

  change(accountId: string, changed: Partial<AccountRecord>): AccountRecord {
    const known = this.accounts.get(accountId);
    if (!known) throw new RangeError(`no account ${accountId}`);
    const account = { ...known, revision: known.revision + 1, ...changed };
    this.accounts.set(accountId, account);
    return account;
  }
}
