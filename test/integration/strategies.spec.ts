import { randomUUID } from 'node:crypto';
import { STRATEGIES, type Strategy } from '../../src/ledger/strategy';
import { RedisLocks } from '../../src/platform/redis-locks';
import { chanceOf } from '../models/engine-time';
import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { expectAtRest } from '../setup/expect-at-rest';
import { FundsWatch } from '../setup/funds-watch';
import { redisUrl } from '../setup/servers';
import { dealt } from '../setup/stores';

const SHARDS = 2;
const SUB_ACCOUNTS = 4;
const CLIENTS = 64;
/** More than an account pays for that loses nothing: one that lost updates would never be empty. */
const TURNS_MAX = 200;

const RUNS = dealt(STRATEGIES).map(({ store, kind: strategy }) => ({ store, strategy }));

/** What every strategy must come to alike: one suite. */
describe.each(RUNS)('[$store.mark] the strategy $strategy', ({ store, strategy }) => {
  let site: EngineSite;
  let engines: readonly EngineInstance[];
  let locks: readonly RedisLocks[] = [];
  let accounts = 0;
  const tried = { results: {} as Record<string, number>, retries: 0 };

  beforeAll(async () => {
    site = await EngineSite.make(store, SHARDS);
    // Two processes never share SQLite's files, and the embedded default has its locks in the process.
    const embedded = store.mark === 'sqlite';
    if (!embedded) locks = [0, 1].map(() => new RedisLocks(redisUrl(), { deferred: () => undefined }));
    const observer = {
      deducted: ({ result, tries }: { result: string; tries: number }): void => {
        tried.results[result] = (tried.results[result] ?? 0) + 1;
        tried.retries += tries - 1;
      },
    };
    engines = await Promise.all(
      (embedded ? [undefined] : locks).map((each) => site.start({ observer, ...(each && { locks: each }) })),
    );
  });

  afterAll(async () => {
    await site.end();
    for (const each of locks) each.onApplicationShutdown();
  });

  const isLeased = strategy === 'leased';
  const at = (turn: number): EngineInstance => engines[turn % engines.length] as EngineInstance;
  const newAccount = async (initialMinor: bigint, subAccounts = SUB_ACCOUNTS): Promise<string> => {
    // The lock service outlives the databases: names are of this run only.
    const accountId = `a${(accounts += 1)}-${randomUUID()}`;
    await at(0).create(accountId, subAccounts, initialMinor, strategy);
    return accountId;
  };

  it('carries a plain deduction out itself', async () => {
    const accountId = await newAccount(1_000n, 1);
    const before = { ...tried.results };
    const outcome = await at(0).deduct(accountId, 'plain', 10n);
    expect(outcome).toMatchObject({
      kind: 'applied',
      entry: { kind: 'deduction', requestId: 'plain', amountMinor: 10n, subAccount: 0, epoch: 1, version: 2 },
    });
    const own = (tried.results['committed'] ?? 0) - (before['committed'] ?? 0);
    expect(own).toBe(['merged', 'leased', 'queued'].includes(strategy) ? 0 : 1);
    expect('isDeferred' in outcome && outcome.isDeferred).toBe(isLeased);
    await at(0).whenNothingIsLent(accountId);
    expect(await at(0).rows(accountId)).toMatchObject([
      { row: { availableMinor: 990n, netMinor: 990n, ...(!isLeased && { version: 2, outsideVersion: 2 }) } },
    ]);
    await expectAtRest(at(0), accountId, { totalMinor: 990n, keys: ['plain'] });
  });

  it('replays a key, and tells one that is used for something else', async () => {
    const accountId = await newAccount(1_000n);
    const first = await at(0).deduct(accountId, 'once', 10n);
    expect(first.kind).toBe('applied');
    expect(await at(0).deduct(accountId, 'once', 10n)).toMatchObject({ kind: 'replayed' });
    expect(await at(0).deduct(accountId, 'once', 11n)).toEqual({ kind: 'keyReused' });
    // What was answered from memory is unknown elsewhere until it is written.
    if (isLeased) await at(0).whenNothingIsLent(accountId);
    const elsewhere = await at(1).deduct(accountId, 'once', 10n);
    expect(elsewhere.kind).toBe('replayed');
    if (!isLeased) expect(elsewhere).toEqual({ ...first, kind: 'replayed', departures: undefined });
    expect(await at(0).deduct(accountId, 'once', 11n)).toEqual({ kind: 'keyReused' });
    expect((await at(0).credit(accountId, 'once', 10n)).kind).toBe('keyReused');
    expect((await at(1).credit(accountId, 'brought', 5n)).kind).toBe('applied');
    expect(await at(0).deduct(accountId, 'brought', 5n)).toEqual({ kind: 'keyReused' });
    await expectAtRest(at(0), accountId, { totalMinor: 995n, keys: ['once', 'brought'] });
  });

  it('replays what took the last of the money, and refuses nothing before its key was looked up', async () => {
    const accountId = await newAccount(100n, 1);
    expect((await at(0).deduct(accountId, 'last', 100n)).kind).toBe('applied');
    expect((await at(1).deduct(accountId, 'last', 100n)).kind).toBe('replayed');
    expect(await at(0).deduct(accountId, 'more', 1n)).toEqual({
      kind: 'insufficientFunds',
      availableMinor: 0n,
    });
    await at(0).changeStatus(accountId, 'frozen');
    expect((await at(1).deduct(accountId, 'last', 100n)).kind).toBe('replayed');
    expect((await at(0).credit(accountId, 'brought', 7n)).kind).toBe('applied');
    expect(await at(0).deduct(accountId, 'frozen', 1n)).toEqual({ kind: 'accountFrozen' });
    await at(0).changeStatus(accountId, 'active');
    expect((await at(1).deduct(accountId, 'more', 7n)).kind).toBe('applied');
    await at(0).changeStatus(accountId, 'closed');
    expect(await at(0).deduct(accountId, 'closed', 1n)).toEqual({ kind: 'accountClosed' });
    expect((await at(1).deduct(accountId, 'more', 7n)).kind).toBe('replayed');
    await expectAtRest(at(0), accountId, { totalMinor: 0n, keys: ['last', 'brought', 'more'] });
  });

  it('counts one key once, sent 50 times at once', async () => {
    const accountId = await newAccount(1_000n);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, number) => at(number).deduct(accountId, 'race', 10n)),
    );
    const kinds = answers.map(({ kind }) => kind).sort();
    const applied = kinds.filter((kind) => kind === 'applied').length;
    // Instances that answer from memory do not know of each other; what they write counts once all the same.
    expect(applied).toBeLessThanOrEqual(isLeased ? engines.length : 1);
    expect(kinds).toEqual(
      Array.from({ length: 50 }, (_, number) => (number < Math.max(1, applied) ? 'applied' : 'replayed')),
    );
    await expectAtRest(at(0), accountId, { totalMinor: 990n, keys: ['race'] });
  });

  it(`pays hostile amounts to exactly zero with ${CLIENTS} in flight, refusing none that it could pay`, async () => {
    const openingMinor = 1_500n;
    const accountId = await newAccount(openingMinor);
    const funds = new FundsWatch(openingMinor);
    const paid = new Map<string, bigint>();
    const client = async (number: number): Promise<void> => {
      const chance = chanceOf(number);
      for (let turn = 0; turn < TURNS_MAX; turn += 1) {
        const key = `c${number}-${turn}`;
        // Some are larger than any sub-account.
        const amountMinor = BigInt(
          chance() < 0.02 ? 400 + Math.floor(chance() * 9) : 1 + Math.floor(chance() * 9),
        );
        const ask = (instance: number) =>
          funds.watch(amountMinor, () => at(instance).deduct(accountId, key, amountMinor));
        const outcomes = await Promise.all(
          chance() < 0.1 ? [ask(number), ask(number + 1)] : [ask(number + turn)],
        );
        if (outcomes.some(({ kind }) => kind === 'applied')) paid.set(key, amountMinor);
        const [outcome] = outcomes;
        if (outcome.kind === 'insufficientFunds' && outcome.availableMinor === 0n) return;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
    expect(funds.wronglyRefused).toEqual([]);
    expect(Object.keys(funds.tally).sort()).toEqual(['applied', 'insufficientFunds', 'replayed']);
    expect([...paid.values()].reduce((sum, amount) => sum + amount, 0n)).toBe(openingMinor);
    await expectAtRest(at(0), accountId, { totalMinor: 0n, keys: [...paid.keys()] });
  });

  it('gives a deduction back, in parts and never more than it took', async () => {
    const accountId = await newAccount(1_000n);
    expect((await at(0).deduct(accountId, 'bought', 100n)).kind).toBe('applied');
    const back = (requestId: string, amountMinor: bigint | null, instance = 1) =>
      at(instance).reverse(accountId, 'bought', { requestId, amountMinor });
    expect(await back('part', 40n)).toMatchObject({ kind: 'applied', entry: { amountMinor: 40n } });
    expect(await back('part', 40n, 0)).toMatchObject({ kind: 'replayed' });
    expect(await back('too-much', 61n)).toEqual({ kind: 'reversalExceedsDeduction', leftMinor: 60n });
    const race = await Promise.all(
      Array.from({ length: 8 }, (_, number) => back(`rest-${number}`, 60n, number)),
    );
    expect(race.map(({ kind }) => kind).filter((kind) => kind === 'applied')).toHaveLength(1);
    expect(await at(0).deduct(accountId, 'bought', 100n)).toMatchObject({ kind: 'replayed' });
    await expectAtRest(at(0), accountId, { totalMinor: 1_000n, keys: ['bought'] });
  });

  it('takes nothing of what a hold has set aside, and goes on beside it', async () => {
    const accountId = await newAccount(1_000n);
    expect((await at(0).deduct(accountId, 'before', 100n)).kind).toBe('applied');
    expect((await at(1).hold(accountId, 'held', 800n)).kind).toBe('held');
    const more = await at(0).deduct(accountId, 'more', 101n);
    expect(more).toEqual({ kind: 'insufficientFunds', availableMinor: 100n });
    expect((await at(1).deduct(accountId, 'held', 1n)).kind).toBe('keyReused');
    const load = site.load({ accountId, workers: 8, instances: engines });
    expect(await at(0).confirm(accountId, 'held', 300n)).toMatchObject({ kind: 'holdSettled' });
    await load.progress(50);
    await load.stop();
    await expectAtRest(at(0), accountId, {
      totalMinor: 600n + load.changeMinor,
      keys: ['before', 'held', ...load.tookEffect.map(({ asked }) => asked.requestId)],
    });
  });

  it('lets nothing out once the account is frozen', async () => {
    const accountId = await newAccount(1_000_000n);
    const load = site.load({ accountId, workers: 16, instances: engines });
    await load.progress(50);
    await at(0).changeStatus(accountId, 'frozen');
    const begunAfter = load.sent.length;
    await load.progress(50);
    await load.stop();
    const late = load.sent.slice(begunAfter).filter(({ asked }) => asked.kind === 'deduct');
    expect(late.flatMap(({ answers }) => answers.map(({ kind }) => kind))).not.toContain('applied');
    await expectAtRest(at(0), accountId, { totalMinor: 1_000_000n + load.changeMinor });
  });

  it('is turned back by a fence and goes on behind it: resized and moved in use', async () => {
    const accountId = await newAccount(1_000_000n, 1);
    const load = site.load({ accountId, workers: 32, instances: engines });
    await load.progress(50);
    for (const [turn, layout] of LAYOUTS.entries()) {
      await at(turn).resizeSurely(accountId, layout);
      await load.progress(50);
    }
    await load.stop();
    expect(Object.keys(load.tally).sort()).toEqual(['applied', 'replayed']);
    await expectAtRest(at(0), accountId, {
      totalMinor: 1_000_000n + load.changeMinor,
      keys: load.tookEffect.map(({ asked }) => asked.requestId),
    });
  });

  it('is taken up and given up under load, mixed with others', async () => {
    const accountId = await newAccount(1_000_000n);
    const load = site.load({ accountId, workers: 32, instances: engines });
    for (const [turn, other] of others(strategy).entries()) {
      await load.progress(30);
      await at(turn).choose(accountId, other);
      await load.progress(30);
      await at(turn + 1).choose(accountId, strategy);
    }
    await load.progress(30);
    await load.stop();
    expect(Object.keys(load.tally).sort()).toEqual(['applied', 'replayed']);
    await expectAtRest(at(0), accountId, {
      totalMinor: 1_000_000n + load.changeMinor,
      keys: load.tookEffect.map(({ asked }) => asked.requestId),
    });
  });
});

const LAYOUTS = [
  { subAccounts: 4 },
  { subAccounts: 4, shards: ['s0', 's1'] },
  { subAccounts: 1, shards: ['s1'] },
] as const;

/** Half of the others, so that every two strategies meet in the run of one of them. */
function others(strategy: Strategy): Strategy[] {
  const from = STRATEGIES.indexOf(strategy) + 1;
  const half = Math.floor(STRATEGIES.length / 2);
  return [...STRATEGIES, ...STRATEGIES].slice(from, from + half);
}
