import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReachPoint } from '../../src/engine/fault-points';
import { type OperationKind, type OperationRecord } from '../../src/shards/directory/operation-record';
import { Budgets } from '../../src/engine/budgets/budgets';
import { HOLD_EXPIRY_SETTINGS, HoldExpiry } from '../../src/engine/hold-expiry';
import { OperationRunner, RUNNER_SETTINGS } from '../../src/engine/operations/operation-runner';
import { RebalanceJob } from '../../src/engine/operations/rebalance-job';
import { RepairJob } from '../../src/engine/operations/repair-job';
import { ResizeJob } from '../../src/engine/operations/resize-job';
import { StatusJob } from '../../src/engine/operations/status-job';
import { Rebalancer, REBALANCER_SETTINGS } from '../../src/engine/rebalancer';
import { CreditLines } from '../../src/engine/credit-lines/credit-lines';
import { Sweeper, SWEEPER_SETTINGS } from '../../src/engine/sweeper';
import type { AccountStatus } from '../../src/ledger/sub-account';
import type { Cell, Database, Parameter, SchemaPart } from '../../src/shards/database';
import type { AccountRecord } from '../../src/shards/directory/account-record';
import { Directory } from '../../src/shards/directory/directory';
import { ENDED } from '../../src/shards/directory/operation-store';
import { ShardFault } from '../../src/shards/faults';
import { directoryDatabaseAt } from '../../src/shards/open-database';
import { accountRecord } from './account-record';
import { type EngineInstance, EngineWorld, type InstanceOptions } from './engine-world';

const FENCE_MS_MAX = 2_000;
const WINDOW_MS = 30 * 24 * 3_600_000;
const TAKE_UPS_MAX = 50;

/**
 * A world with a real directory, on a SQLite file of its own: instances in it run operations, sweep and level. Its clock
 * is the world's, except for leases, which a test ends by hand.
 */
export class EngineSite {
  readonly directory: Directory;
  readonly #database: CutOffDatabase;
  readonly #folder: string;
  #ids = 0;

  static async open(names: readonly string[], given: { readonly seed?: number } = {}): Promise<EngineSite> {
    const site = new EngineSite(new EngineWorld(names, given));
    await site.directory.open();
    await site.directory.registerShards(names);
    return site;
  }

  private constructor(readonly world: EngineWorld) {
    this.#folder = mkdtempSync(join(tmpdir(), 'hotsplit-site-'));
    const path = join(this.#folder, 'directory.sqlite');
    this.#database = new CutOffDatabase(directoryDatabaseAt({ kind: 'sqlite', path }));
    this.directory = new TimedDirectory(this.#database, () => world.time.now() * 1_000);
  }

  async close(): Promise<void> {
    this.#database.isAway = false;
    await this.directory.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  set directoryIsAway(away: boolean) {
    this.#database.isAway = away;
  }

  /** Creates an account, in the directory and with its rows, each with some money. */
  async account(
    given: Pick<AccountRecord, 'subAccounts'> &
      Partial<Pick<AccountRecord, 'accountId' | 'strategy'>> & { readonly shards: readonly string[] },
    availableMinor: (index: number) => bigint = () => 0n,
  ): Promise<AccountRecord> {
    const { subAccounts, shards, accountId = 'acme', strategy = 'merged' } = given;
    const wanted = accountRecord({ accountId, subAccounts, strategy, placement: { epoch: 1, shards } });
    await this.directory.insertAccount(wanted);
    this.world.fund(wanted, availableMinor);
    return this.read(accountId);
  }

  async read(accountId = 'acme'): Promise<AccountRecord> {
    const account = await this.directory.findAccount(accountId);
    if (!account) throw new RangeError(`no account ${accountId}`);
    return account;
  }

  async operation(operationId: string): Promise<OperationRecord> {
    const operation = await this.directory.operations.find(operationId);
    if (!operation) throw new RangeError(`no operation ${operationId}`);
    return operation;
  }

  /** Lets other runners take an operation up: its own has said nothing for too long. */
  async expire(operationId: string): Promise<void> {
    await this.#database.write('UPDATE operation SET runner_until_us = 0 WHERE operation_id = ?', [
      operationId,
    ]);
  }

  instance(options: Omit<InstanceOptions, 'accounts'> = {}) {
    const { directory, world } = this;
    const reach: ReachPoint = options.reach ?? (() => undefined);
    const settleCredit = (accountId: string): Promise<unknown> => creditLines.settle(accountId);
    const instance = world.instance({ ...options, reach, accounts: directory, settleCredit });
    const { accounts, shards, mover, transfers, observer, balances } = instance;
    const instanceId = `instance ${(this.#ids += 1)}`;
    const sleep = (ms: number): Promise<void> => world.time.sleep(ms);
    const moving = { shards, accounts, mover, transfers, observer, instanceId, leases: directory.leases };
    const sweeper = new Sweeper({ ...moving, reach, settings: SWEEPER_SETTINGS });
    const rebalancer = new Rebalancer({
      ...moving,
      now: () => world.time.now(),
      settings: REBALANCER_SETTINGS,
    });
    const runner = new OperationRunner({
      store: directory.operations,
      observer,
      settings: { ...RUNNER_SETTINGS, retryMs: 0 },
      newId: () => `operation ${(this.#ids += 1)}`,
    });
    const settings = { fenceMsMax: FENCE_MS_MAX, fencePauseMs: 50, windowMs: WINDOW_MS };
    const settled = (accountId: string): void => {
      sweeper.sweepSoon(accountId);
    };
    const changed = (): void => undefined;
    const waitOutLeases = (account: AccountRecord): Promise<void> => instance.engine.leases.waitOut(account);
    const creditLines = new CreditLines({
      ...{ directory, accounts, shards, balances, reach, changed, waitOutLeases },
      transfers: instance.transfers,
    });
    runner.register(
      'resize',
      new ResizeJob({
        directory,
        accounts,
        shards,
        reach,
        sleep,
        settings,
        settled,
        changed,
        recallLeases: () => Promise.resolve(),
      }),
    );
    runner.register(
      'repair',
      new RepairJob({
        directory,
        accounts,
        shards,
        settled,
        changed,
        shardMsMax: FENCE_MS_MAX,
        recallLeases: () => Promise.resolve(),
        settleCredit,
      }),
    );
    runner.register(
      'status',
      new StatusJob({ directory, accounts, shards, balances, reach, changed, waitOutLeases, settleCredit }),
    );
    runner.register('rebalance', new RebalanceJob({ accounts, rebalancer }));
    const holdExpiry = new HoldExpiry({
      shards,
      observer,
      instanceId,
      reach,
      leases: directory.leases,
      settings: HOLD_EXPIRY_SETTINGS,
    });
    const budgets = new Budgets({
      directory,
      accounts,
      shards,
      balances,
      engine: instance.engine,
      surroundings: { now: () => world.time.now() },
    });
    return { ...instance, sweeper, rebalancer, runner, holdExpiry, creditLines, budgets };
  }

  /** Keeps the directory's accounts as they are, for `restore`. */
  async backUp(): Promise<void> {
    await this.#database.write('CREATE TABLE backup AS SELECT * FROM account', []);
  }

  /** The directory's accounts are as they were at `backUp`; the rows have gone on. */
  async restore(): Promise<void> {
    await this.#database.write('DELETE FROM account', []);
    await this.#database.write('INSERT INTO account SELECT * FROM backup', []);
  }

  /** Asks an instance for an operation. @returns it, and when its runner has done what it can */
  async start(
    instance: SiteInstance,
    kind: OperationKind,
    plan: OperationRecord['plan'],
    accountId = 'acme',
  ): Promise<{ operationId: string; run: Promise<void> }> {
    const operation = await instance.runner.create({ kind, accountId, step: 'asked', plan });
    return { operationId: operation.operationId, run: instance.runner.run(operation) };
  }

  /** Lets an instance take an operation up until it has ended. */
  async end(instance: SiteInstance, operationId: string): Promise<OperationRecord> {
    for (let tries = 0; tries < TAKE_UPS_MAX; tries += 1) {
      const operation = await this.operation(operationId);
      if (operation.step === ENDED) return operation;
      await instance.runner.takeUp();
      await instance.runner.run(operation);
      await this.world.time.sleep(100);
    }
    throw new Error(`operation ${operationId} does not end`);
  }

  /** Resizes an account, to the end, and empties the rows that went out of use. */
  async resize(instance: SiteInstance, wanted: ResizeWish, accountId = 'acme'): Promise<OperationRecord> {
    const { operationId, run } = await this.start(instance, 'resize', { ...wanted }, accountId);
    await run;
    const operation = await this.operation(operationId);
    await instance.sweeper.sweep(accountId);
    return operation;
  }

  async setStatus(instance: SiteInstance, status: AccountStatus): Promise<OperationRecord> {
    const { operationId, run } = await this.start(instance, 'status', { status });
    await run;
    return this.operation(operationId);
  }
}

export interface ResizeWish {
  readonly subAccounts: number;
  readonly shards?: readonly string[];
}

export type SiteInstance = EngineInstance &
  Pick<ReturnType<EngineSite['instance']>, 'runner' | 'sweeper' | 'holdExpiry' | 'budgets'>;

/** A gate that holds up whoever comes, and tells when someone has. */
export class Gate {
  readonly reached: Promise<void>;
  #arrive: () => void = () => undefined;
  #open: () => void = () => undefined;
  readonly #opened: Promise<void>;

  constructor() {
    this.reached = new Promise((resolve) => (this.#arrive = resolve));
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  readonly pass = (): Promise<void> => {
    this.#arrive();
    return this.#opened;
  };

  open(): void {
    this.#open();
  }
}

/** The directory's clock is the world's. */
class TimedDirectory extends Directory {
  constructor(
    database: Database,
    private readonly clockUs: () => number,
  ) {
    super(database);
  }

  override nowUs(): Promise<number> {
    return super.nowUs().then(() => this.clockUs());
  }

  override async findAccount(accountId: string): Promise<AccountRecord | undefined> {
    const found = await super.findAccount(accountId);
    return found && { ...found, readAtUs: this.clockUs() };
  }
}

/** A database that a test can take away. */
class CutOffDatabase implements Database {
  isAway = false;

  constructor(private readonly database: Database) {}

  get dialect(): Database['dialect'] {
    return this.database.dialect;
  }

  open(part: SchemaPart): Promise<void> {
    return this.database.open(part);
  }

  read(sql: string, parameters?: readonly Parameter[]): Promise<Cell[][]> {
    return this.#reach(() => this.database.read(sql, parameters));
  }

  readSettled(sql: string, parameters?: readonly Parameter[]): Promise<Cell[][]> {
    return this.#reach(() => this.database.readSettled(sql, parameters));
  }

  write(sql: string, parameters?: readonly Parameter[]): Promise<number> {
    return this.#reach(() => this.database.write(sql, parameters));
  }

  close(): Promise<void> {
    return this.database.close();
  }

  #reach<T>(run: () => Promise<T>): Promise<T> {
    if (!this.isAway) return run();
    return Promise.reject(new ShardFault('directory', 'unavailable', new Error('cut off')));
  }
}
