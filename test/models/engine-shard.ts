import type { Command } from '../../src/ledger/command';
import type { Entry } from '../../src/ledger/entry';
import type { Hold } from '../../src/ledger/hold';
import type { SubAccountSeed } from '../../src/ledger/sub-account';
import type { Interference } from '../../src/shards/memory/interference';
import type { MemoryDatabase } from '../../src/shards/memory/memory-database';
import { MemoryShard } from '../../src/shards/memory/memory-shard';
import type { Surroundings } from '../../src/shards/surroundings';
import type { BatchHint, BatchResult, LockedAccount, ShardBalance } from '../../src/shards/shard';
import type { DescribeAccount } from '../../src/shards/sql-shard';

export type ShardCall = 'batch' | 'reading' | 'keyLookUp' | 'lock' | 'rows' | 'leases';

/** What a test does at a moment of a call; waited for. */
type Script = () => unknown;

/** One instance's access to a shard in memory. A test may slip something in before or after a call, or cut it off. */
export class EngineShard extends MemoryShard {
  /** Every call, in the order they began. */
  readonly calls: ShardCall[] = [];
  /** Kinds of commands by batch. */
  readonly batches: Command['kind'][][] = [];
  /** Nothing reaches the database, and nothing comes back. */
  isDown = false;
  readonly #scripts = new Map<string, Script[]>();

  constructor(given: {
    readonly database: MemoryDatabase;
    readonly describeAccount: DescribeAccount;
    readonly surroundings: Surroundings;
    readonly interfere?: Interference;
    readonly parallelism?: number;
  }) {
    super({ ...given, interfere: (step) => (this.isDown ? 'unavailable' : given.interfere?.(step)) });
  }

  /** Before the next call of a kind that has no script yet; `undefined` lets one through. */
  before(call: ShardCall, ...scripts: (Script | undefined)[]): void {
    this.#plan(`before ${call}`, scripts);
  }

  /** After it, before its caller learns what came of it. */
  after(call: ShardCall, ...scripts: (Script | undefined)[]): void {
    this.#plan(`after ${call}`, scripts);
  }

  override applyBatch(commands: readonly Command[], hint: BatchHint): Promise<BatchResult> {
    this.batches.push(commands.map(({ kind }) => kind));
    return this.#through('batch', () => super.applyBatch(commands, hint));
  }

  override readBalances(accountIds: readonly string[]): Promise<Map<string, ShardBalance>> {
    return this.#through('reading', () => super.readBalances(accountIds));
  }

  override findEntries(accountId: string, requestIds: readonly string[]): Promise<Entry[]> {
    return this.#through('keyLookUp', () => super.findEntries(accountId, requestIds));
  }

  override lockAccount(accountId: string): Promise<LockedAccount> {
    return this.#through('lock', () => super.lockAccount(accountId));
  }

  override openLeases(accountId: string): Promise<Hold[]> {
    return this.#through('leases', () => super.openLeases(accountId));
  }

  override createSubAccounts(seeds: readonly SubAccountSeed[]): Promise<void> {
    return this.#through('rows', () => super.createSubAccounts(seeds));
  }

  #plan(moment: string, scripts: readonly (Script | undefined)[]): void {
    const planned = this.#scripts.get(moment) ?? [];
    this.#scripts.set(moment, [...planned, ...scripts.map((script) => script ?? (() => undefined))]);
  }

  async #through<T>(call: ShardCall, run: () => Promise<T>): Promise<T> {
    this.calls.push(call);
    await this.#scripts.get(`before ${call}`)?.shift()?.();
    const result = await run();
    await this.#scripts.get(`after ${call}`)?.shift()?.();
    return result;
  }
}
