import { audit, type AuditReport } from '../../src/audit/audit';
import { AccountService } from '../../src/accounts/account.service';
import type { EngineOutcome } from '../../src/engine/engine-outcome';
import { fingerprint, requestFingerprint } from '../../src/engine/fingerprint';
import type { ReachPoint } from '../../src/engine/fault-points';
import { LANE_SETTINGS, type LaneSettings } from '../../src/engine/lane-settings';
import { type EngineObserver, SILENT_OBSERVER } from '../../src/engine/observer';
import type { Received } from '../../src/engine/intake/reception';
import { EngineRuntime, type RuntimeOptions } from '../../src/engine/runtime';
import type { IntakeRecord } from '../../src/ledger/intake';
import type { Strategy } from '../../src/ledger/strategy';
import type { AccountStatus, SubAccount } from '../../src/ledger/sub-account';
import {
  OperationService,
  type ResizeRequest,
  type StatusChange,
} from '../../src/operations/operation.service';
import type { AccountRecord } from '../../src/shards/directory/account-record';
import type { OperationRecord } from '../../src/shards/directory/operation-record';
import { ShardContendedError, ShardUnavailableError } from '../../src/shards/faults';
import type { Shard } from '../../src/shards/shard';
import type { Location, ShardAddress } from '../../src/shards/shard-address';
import type { LockService } from '../../src/strategies/lock-service';
import { STRATEGY_SETTINGS, type StrategySettings } from '../../src/strategies/strategy-settings';
import type { Asked } from './asked';
import { eventually, HUNG_MS } from './eventually';
import { type RawSql, rawSql } from './raw-sql';
import { type LoadOptions, RetryingLoad } from './retrying-load';
import type { StoreSite, TestStore } from './stores';
import { untilServed } from './until-served';

/** More than any test has. */
const DRAINING_ROWS_MAX = 10_000;

export interface InstanceOptions {
  /** Other addresses for some shards, such as a proxy's. */
  readonly addresses?: readonly ShardAddress[];
  readonly reach?: ReachPoint;
  readonly observer?: Partial<EngineObserver>;
  readonly laneSettings?: Partial<LaneSettings>;
  readonly strategySettings?: Partial<StrategySettings>;
  readonly locks?: LockService;
  /** After how long a fence is given up. By default no fence is: a busy machine may take as long as it likes. */
  readonly fenceMsMax?: number;
  /**
   * Whether a request is answered when it is turned away. By default it is sent again, as clients do: a busy machine may keep
   * a shard from answering in time.
   */
  readonly mayBeTurnedAway?: boolean;
  readonly intake?: RuntimeOptions['intake'];
  readonly idempotencyWindowMs?: number;
  readonly lostShards?: RuntimeOptions['lostShards'];
}

/**
 * Fresh databases of one kind, the first of which holds the directory too, and instances of the engine on them: what
 * the service runs behind its doors.
 */
export class EngineSite {
  readonly #instances: EngineInstance[] = [];
  readonly #loads: RetryingLoad[] = [];

  static async make({ mark, makeSite }: TestStore, shardCount: number): Promise<EngineSite> {
    const sites: StoreSite[] = [];
    for (let number = 0; number < shardCount; number += 1) sites.push(await makeSite());
    const first = sites[0] as StoreSite;
    return new EngineSite(sites, rawSqlOnce(first.location, mark));
  }

  private constructor(
    private readonly sites: readonly StoreSite[],
    private readonly openRaw: () => Promise<RawSql>,
  ) {}

  /** `s0`, `s1`, … */
  get shards(): ShardAddress[] {
    return this.sites.map(({ location }, number) => ({ name: `s${number}`, location }));
  }

  get directory(): Location {
    return (this.shards[0] as ShardAddress).location;
  }

  /** An instance on the first `shardCount` shards; the others may be registered later. */
  async start(options: InstanceOptions = {}, shardCount = this.sites.length): Promise<EngineInstance> {
    const { addresses = [], reach, observer, laneSettings, strategySettings, locks } = options;
    const { fenceMsMax = HUNG_MS, mayBeTurnedAway = false } = options;
    const { intake, idempotencyWindowMs, lostShards } = options;
    const runtime = new EngineRuntime({
      shards: this.shards
        .slice(0, shardCount)
        .map((shard) => addresses.find(({ name }) => name === shard.name) ?? shard),
      directory: this.directory,
      lanesPerShard: 2,
      laneSettings: { ...LANE_SETTINGS, ...laneSettings },
      observer: { ...SILENT_OBSERVER, ...observer },
      startMsMax: HUNG_MS,
      fenceMsMax,
      strategySettings: { ...STRATEGY_SETTINGS, ...strategySettings },
      ...(locks && { locks }),
      intake: intake === 'left alone' ? intake : { queuedMsMax: HUNG_MS, ...intake },
      ...(idempotencyWindowMs !== undefined && { idempotencyWindowMs }),
      ...(lostShards && { lostShards }),
      ...(reach && { reach }),
    });
    await runtime.start();
    const instance = new EngineInstance(runtime, () => this.openOperations(), mayBeTurnedAway);
    this.#instances.push(instance);
    return instance;
  }

  async stop(instance: EngineInstance): Promise<void> {
    this.#instances.splice(this.#instances.indexOf(instance), 1);
    await instance.runtime.stop();
  }

  /** Begins a load; one that a failed test left running ends with the site. */
  load(options: LoadOptions): RetryingLoad {
    const load = new RetryingLoad(options);
    this.#loads.push(load);
    return load;
  }

  /** How many operations are not over, by the directory. */
  async openOperations(): Promise<number> {
    const raw = await this.openRaw();
    const [row] = await raw.run(`SELECT COUNT(*) FROM operation WHERE step <> 'ended'`);
    return Number(row?.[0]);
  }

  /** Stops every load and instance and drops the databases. */
  async end(): Promise<void> {
    for (const load of this.#loads) await load.stop();
    for (const { runtime } of this.#instances) await runtime.stop();
    await (await this.openRaw()).close();
    for (const site of this.sites) await site.drop();
  }
}

/** One instance, with the features that need no door. */
export class EngineInstance {
  readonly accounts: AccountService;
  readonly operations: OperationService;

  constructor(
    readonly runtime: EngineRuntime,
    private readonly openOperations: () => Promise<number>,
    private readonly mayBeTurnedAway: boolean,
  ) {
    this.accounts = new AccountService(runtime);
    this.operations = new OperationService(runtime);
  }

  get shards(): Shard[] {
    return this.runtime.shards.all.map(({ shard }) => shard);
  }

  async create(
    accountId: string,
    subAccounts: number,
    initialBalanceMinor: bigint,
    strategy: Strategy = 'merged',
  ): Promise<AccountRecord> {
    const wanted = {
      accountId,
      subAccounts,
      initialBalanceMinor: initialBalanceMinor === 0n ? null : initialBalanceMinor,
      asset: 'USD/2',
      strategy,
      lowBalanceMinor: null,
    };
    const creation = await untilServed(() => this.accounts.create(wanted));
    if (creation.kind === 'conflict') throw new Error(`there is another account ${accountId}`);
    return this.account(accountId);
  }

  /** The account as the directory has it now. */
  async account(accountId: string): Promise<AccountRecord> {
    const account = await untilServed(() => this.runtime.accounts.read(accountId));
    if (!account) throw new Error(`there is no account ${accountId}`);
    return account;
  }

  /** Carries a request out as the service does. */
  submit(accountId: string, asked: Asked): Promise<EngineOutcome> {
    return this.#ask(() => this.submitOnce(accountId, asked));
  }

  /** The same, and answers also when it is turned away. */
  async submitOnce(accountId: string, asked: Asked): Promise<EngineOutcome> {
    const account = await untilServed(() => this.accounts.find(accountId));
    if (!account) throw new Error(`there is no account ${accountId}`);
    const { kind, amountMinor } = asked;
    const print = requestFingerprint(kind, amountMinor, null, null);
    const request = { ...asked, accountId, fingerprint: print, reference: null, metadata: null };
    return this.runtime.engine.submit(request, account).catch(turnedAway);
  }

  /** The outcome of a request that is sent again while it is turned away, unless the test is about that. */
  #ask(send: () => Promise<EngineOutcome>): Promise<EngineOutcome> {
    if (this.mayBeTurnedAway) return send().catch(turnedAway);
    return eventually('an outcome', async () => {
      const outcome = await untilServed(send);
      return outcome.kind === 'shardUnavailable' || outcome.kind === 'overloaded' ? undefined : outcome;
    });
  }

  /** Has a deduction received, to be charged later. */
  async receive(accountId: string, requestId: string, amountMinor: bigint): Promise<Received> {
    return this.receiveFor(await this.account(accountId), requestId, amountMinor);
  }

  /** The same for an account as somebody knows it, who may have missed what became of it since. */
  receiveFor(account: AccountRecord, requestId: string, amountMinor: bigint): Promise<Received> {
    const { accountId } = account;
    const print = requestFingerprint('deduct', amountMinor, null, null);
    const request = { kind: 'deduct', accountId, requestId, amountMinor, fingerprint: print } as const;
    return this.runtime.intake.receive({ ...request, reference: null, metadata: null }, account);
  }

  /** What became of everything that the account received, by request id. Resolves when nothing waits any more. */
  receivedEnded(accountId: string): Promise<Map<string, IntakeRecord>> {
    return eventually(`the end of what ${accountId} received`, async () => {
      const records = await untilServed(() => this.received(accountId));
      return records.some(({ state }) => state === 'received')
        ? undefined
        : new Map(records.filter(({ state }) => state !== 'moved').map((each) => [each.requestId, each]));
    });
  }

  /** Every record of the account on all shards. */
  async received(accountId: string): Promise<IntakeRecord[]> {
    const found: IntakeRecord[] = [];
    for (const shard of this.shards) {
      const scan = { start: { fromAccount: accountId }, upToAccount: accountId, limit: 100_000 };
      found.push(...(await shard.scanIntakes(scan)).items);
    }
    return found;
  }

  /** Changes how its deductions are carried out. */
  async choose(accountId: string, strategy: Strategy): Promise<void> {
    const { kind } = await untilServed(() => this.accounts.chooseStrategy(accountId, strategy, undefined));
    if (kind !== 'chosen') throw new Error(`the strategy of ${accountId} was not changed: ${kind}`);
  }

  /** Changes its status in any case: what a busy machine could not end in time is joined again. */
  changeStatus(accountId: string, status: AccountStatus): Promise<StatusChange> {
    return eventually(`the end of a change to ${status}`, async () => {
      const change = await untilServed(() => this.operations.changeStatus(accountId, status));
      return change.kind === 'unfinished' ? undefined : change;
    });
  }

  deduct(accountId: string, requestId: string, amountMinor: bigint): Promise<EngineOutcome> {
    return this.submit(accountId, { kind: 'deduct', requestId, amountMinor });
  }

  /** Sets an amount aside for a minute. */
  async hold(accountId: string, requestId: string, amountMinor: bigint): Promise<EngineOutcome> {
    const request = { kind: 'hold', accountId, requestId, amountMinor, expiresInUs: 60_000_000 } as const;
    const print = fingerprint('hold', amountMinor);
    const account = await this.account(accountId);
    return this.#ask(() =>
      this.runtime.engine.submit(
        { ...request, fingerprint: print, reference: null, metadata: null },
        account,
      ),
    );
  }

  /** Takes a part of a hold, or all of it. */
  async confirm(accountId: string, holdId: string, amountMinor: bigint | null): Promise<EngineOutcome> {
    const print = fingerprint('confirm', holdId, amountMinor);
    const notes = { reference: null, metadata: null };
    const request = {
      kind: 'confirm',
      accountId,
      holdId,
      captureId: null,
      amountMinor,
      isFinal: true,
      mayTakeMore: false,
      fingerprint: print,
      ...notes,
    } as const;
    const account = await this.account(accountId);
    return this.#ask(() => this.runtime.engine.follow(request, account));
  }

  /** Gives a deduction back, or a part of it. */
  async reverse(
    accountId: string,
    reverses: string,
    given: { readonly requestId: string; readonly amountMinor: bigint | null },
  ): Promise<EngineOutcome> {
    const { requestId, amountMinor } = given;
    const about = { of: 'deduction', reverses, captureId: null } as const;
    const request = { kind: 'reverse', accountId, ...about, requestId, amountMinor } as const;
    const print = fingerprint('reverse', reverses, amountMinor, null, null);
    const account = await this.account(accountId);
    return this.#ask(() =>
      this.runtime.engine.follow(
        { ...request, fingerprint: print, reference: null, metadata: null },
        account,
      ),
    );
  }

  credit(accountId: string, requestId: string, amountMinor: bigint): Promise<EngineOutcome> {
    return this.submit(accountId, { kind: 'credit', requestId, amountMinor });
  }

  /** Resizes and waits until that has ended, one way or the other. */
  async resize(accountId: string, layout: Omit<ResizeRequest, 'accountId'>): Promise<OperationRecord> {
    const begun = await untilServed(() => this.operations.resize({ accountId, ...layout }));
    if (begun.kind !== 'started') throw new Error(`no resize of ${accountId} was begun: ${begun.kind}`);
    return this.ended(begun.operation.operationId);
  }

  /** Resizes in any case: what was given up because a busy machine kept a shard from answering is asked for again. */
  resizeSurely(accountId: string, layout: Omit<ResizeRequest, 'accountId'>): Promise<OperationRecord> {
    return eventually('a resize that succeeds', async () => {
      const operation = await this.resize(accountId, layout);
      return operation.status === 'done' ? operation : undefined;
    });
  }

  ended(operationId: string): Promise<OperationRecord> {
    return eventually('the end of an operation', async () => {
      const operation = await untilServed(() => this.operations.find(operationId));
      return operation?.status === 'running' ? undefined : operation;
    });
  }

  /** An exact total, read at one instant. */
  async total(accountId: string): Promise<bigint> {
    const account = await this.account(accountId);
    return (await untilServed(() => this.runtime.balances.snapshot(account))).totalMinor;
  }

  async rows(accountId: string): Promise<{ shard: string; row: SubAccount }[]> {
    const rows = await Promise.all(
      this.shards.map(async (shard) =>
        (await untilServed(() => shard.listSubAccounts(accountId))).map((row) => ({
          shard: shard.name,
          row,
        })),
      ),
    );
    return rows.flat();
  }

  /** The keys of every entry of the account on all shards: one that took effect twice is there twice. */
  async entryKeys(accountId: string): Promise<string[]> {
    const keys: string[] = [];
    for (const shard of this.shards) {
      for (let after = ''; ;) {
        const start = { after: { accountId, requestId: after } };
        const { items, ended } = await untilServed(() =>
          shard.scanEntryKeys({ start, upToAccount: accountId, limit: 5_000 }),
        );
        keys.push(...items.map(({ requestId }) => requestId));
        after = items.at(-1)?.requestId ?? after;
        if (ended) break;
      }
    }
    return keys;
  }

  /**
   * Resolves when nothing moves inside any account any more: no operation is open, nothing in transit, nothing left in a
   * row out of use. An operation is done before its rows know that they are out of use, so it must have ended first.
   */
  whenSettled(): Promise<true> {
    return eventually('accounts at rest', async () => {
      if ((await this.openOperations()) > 0) return undefined;
      for (const shard of this.shards) {
        const [pending, draining] = await untilServed(() =>
          Promise.all([
            shard.pendingDepartures({ limit: 1, olderThanMs: 0 }),
            shard.drainingRows({ limit: DRAINING_ROWS_MAX }),
          ]),
        );
        if (pending.length > 0 || draining.some(({ availableMinor }) => availableMinor > 0n))
          return undefined;
      }
      return true;
    });
  }

  /** Resolves when no instance has a lease of the account: what they answered is written then, and the rest given back. */
  whenNothingIsLent(accountId: string): Promise<true> {
    return eventually('leases given back', async () => {
      const leases = await untilServed(() =>
        Promise.all(this.shards.map((shard) => shard.openLeases(accountId))),
      );
      return leases.flat().length === 0 ? true : undefined;
    });
  }

  audit(): Promise<AuditReport> {
    return untilServed(() => audit({ shards: this.shards, directory: this.runtime.directory }));
  }
}

/** Opened when it is first needed. */
function rawSqlOnce(location: Location, mark: TestStore['mark']): () => Promise<RawSql> {
  let opened: Promise<RawSql> | undefined;
  return () => (opened ??= rawSql(location, mark));
}

/** A shard or a directory that could not be asked is an outcome, as it is at the door. */
function turnedAway(error: unknown): EngineOutcome {
  if (error instanceof ShardUnavailableError) return { kind: 'shardUnavailable', shard: error.shard };
  if (error instanceof ShardContendedError) return { kind: 'overloaded', shard: error.shard };
  throw error;
}
