import type { EngineRuntime } from '../../../src/engine/runtime';
import type { Strategy } from '../../../src/ledger/strategy';
import { RedisLocks } from '../../../src/platform/redis-locks';
import type { AccountRecord } from '../../../src/shards/directory/account-record';
import { auditEveryAccount } from '../audit/audit-every-account';
import { BatchCounter } from '../cases/batch-counter';
import type { Round } from '../cases/case';
import { microsSince } from '../cases/in-process-case';
import { countOutcome } from '../cases/submit';
import { runClosedLoop, within } from '../measure/closed-loop';
import type { Timing } from '../measure/measurement';
import { amountOf, requestIdOf, Sequence } from '../measure/requests';
import { Tally } from '../measure/tally';
import type { Surroundings } from '../scenario';
import { createAccount, HOT_ACCOUNT, OPENING_BALANCE_MINOR, startRuntime } from '../stage/runtime';
import { createSite, type Site } from '../stage/site';
import { deductAs } from './deduct-as';
import type { Contention, StrategyStore } from './strategies-options';

const COLD_ACCOUNTS = 1_000;
const CREATED_AT_ONCE = 64;
const END_MS_MAX = 60_000;

export interface ArenaPlan {
  readonly store: StrategyStore;
  readonly contention: Contention;
  readonly subAccounts: number;
}

interface Contender {
  readonly account: AccountRecord;
  readonly tally: Tally;
}

/**
 * One set of databases, one contention, one split: where all strategies are measured one after the other, on the same
 * accounts. Each is audited over everything that happened so far.
 */
export class Arena {
  readonly #sequence = new Sequence();
  #known: Strategy = 'merged';

  private constructor(
    private readonly site: Site,
    private readonly runtime: EngineRuntime,
    private readonly counter: BatchCounter,
    private readonly contenders: readonly Contender[],
  ) {}

  /** Opens an arena, lets it be used, and puts it away. */
  static async with<T>(
    plan: ArenaPlan,
    { servers, cleanups }: Surroundings,
    use: (arena: Arena) => Promise<T>,
  ): Promise<T> {
    const site = await createSite(plan.store, servers, cleanups);
    const redisUrl = process.env['HOTSPLIT_TEST_REDIS_URL'];
    // The embedded default has its locks in the process.
    const locks =
      plan.store === 'sqlite' || !redisUrl
        ? undefined
        : new RedisLocks(redisUrl, { deferred: console.error });
    try {
      const counter = new BatchCounter();
      const runtime = await startRuntime(site, counter, { locks });
      try {
        const contenders = await createContenders(runtime, plan);
        return await use(new Arena(site, runtime, counter, contenders));
      } finally {
        await within(END_MS_MAX, runtime.stop(), 'ending the engine');
      }
    } finally {
      locks?.onApplicationShutdown();
      await site.drop();
    }
  }

  /** Deductions the strategy's way, on every account in turn. */
  async measure(strategy: Strategy, inFlight: number, timing: Timing): Promise<Round> {
    await this.#prepare(strategy);
    this.counter.reset();
    const errorsBefore = this.#errors;
    const countBefore = this.#count;
    const before = process.cpuUsage();
    const measured = await runClosedLoop({ ...timing, inFlight }, () => this.#deduct(strategy));
    const cpuMicros = microsSince(before);
    const { retries, handedOver } = this.counter.deductions;
    await within(END_MS_MAX, this.runtime.engine.whenIdle(), 'coming to rest');
    return {
      ...measured,
      errors: this.#errors - errorsBefore,
      cpuMicrosPerOp: cpuMicros / Math.max(1, this.#count - countBefore),
      audit: await this.#audit(),
      figures: { retries, handedOver },
      ...(strategy === 'merged' ? { batches: this.counter.figures } : {}),
    };
  }

  /** Whoever takes a lease asks the directory whether the account is to be leased from; nothing else does. */
  async #prepare(strategy: Strategy): Promise<void> {
    const wanted = strategy === 'leased' ? 'leased' : 'merged';
    if (wanted === this.#known) return;
    this.#known = wanted;
    for (const { account } of this.contenders)
      await this.runtime.directory.setStrategy(account.accountId, wanted, undefined);
  }

  async #deduct(strategy: Strategy): Promise<number> {
    const position = this.#sequence.next();
    const { account, tally } = this.contenders[position % this.contenders.length] as Contender;
    const amount = amountOf(position);
    const outcome = await deductAs(this.runtime, { ...account, strategy }, requestIdOf(position), amount);
    return countOutcome(outcome, amount, tally);
  }

  #audit(): Promise<string> {
    const told = new Map(
      this.contenders.map(({ account, tally }) => [account.accountId, { deducted: tally.total }]),
    );
    return auditEveryAccount(this.site, told);
  }

  get #errors(): number {
    return this.contenders.reduce((sum, { tally }) => sum + tally.errors, 0);
  }

  get #count(): number {
    return this.contenders.reduce((sum, { tally }) => sum + tally.total.count, 0);
  }
}

async function createContenders(
  runtime: EngineRuntime,
  { contention, subAccounts }: ArenaPlan,
): Promise<Contender[]> {
  const ids =
    contention === 'hot' ? [HOT_ACCOUNT] : Array.from({ length: COLD_ACCOUNTS }, (_, n) => `cold-${n}`);
  const contenders: Contender[] = [];
  for (let from = 0; from < ids.length; from += CREATED_AT_ONCE) {
    const some = ids.slice(from, from + CREATED_AT_ONCE).map(async (accountId) => {
      const given = { accountId, subAccounts, initialBalanceMinor: OPENING_BALANCE_MINOR };
      return { account: await createAccount(runtime, given), tally: new Tally() };
    });
    contenders.push(...(await Promise.all(some)));
  }
  return contenders;
}
