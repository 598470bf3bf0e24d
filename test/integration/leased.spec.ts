import { randomUUID } from 'node:crypto';
import { requestFingerprint } from '../../src/engine/fingerprint';
import { leaseKey } from '../../src/ledger/lease';
import { STRATEGY_SETTINGS } from '../../src/strategies/strategy-settings';
import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { eventually } from '../setup/eventually';
import { expectAtRest } from '../setup/expect-at-rest';
import { STORES } from '../setup/stores';

/** A term that a lease can be had within on a busy machine too. */
const LEASE = { ...STRATEGY_SETTINGS.lease, flushMs: 20, termMs: 500, expiryMs: 2_000 };

/** What `leased` promises beyond what every strategy does, and what it does not. */
describe.each(STORES)('[$mark] deductions answered from a lease', (store) => {
  let site: EngineSite;
  let engines: readonly EngineInstance[];
  const shortfalls: unknown[] = [];
  let accounts = 0;

  beforeAll(async () => {
    site = await EngineSite.make(store, 1);
    const observer = { shortfall: (lost: object) => shortfalls.push(lost) };
    const start = () => site.start({ observer, strategySettings: { lease: LEASE } });
    // Two processes never share SQLite's files.
    engines = store.mark === 'sqlite' ? [await start()] : [await start(), await start()];
  });

  afterAll(() => site.end());
  afterEach(() => {
    expect(shortfalls.splice(0)).toEqual([]);
  });

  const at = (turn: number): EngineInstance => engines[turn % engines.length] as EngineInstance;
  const newAccount = async (initialMinor: bigint): Promise<string> => {
    const accountId = `a${(accounts += 1)}`;
    await at(0).create(accountId, 1, initialMinor, 'leased');
    return accountId;
  };
  const shard = () => at(0).runtime.shards.shard('s0');
  /** A lease of an instance that died. */
  const leaveLease = async (accountId: string, amountMaxMinor: bigint): Promise<void> => {
    const next = {
      leaseId: leaseKey(randomUUID()),
      amountMaxMinor,
      expiresInUs: LEASE.expiryMs * 1_000,
      termMs: LEASE.termMs,
    };
    const flush = {
      kind: 'flush',
      accountId,
      subAccount: 0,
      epoch: 1,
      leaseId: null,
      deductions: [],
    } as const;
    const outcome = await at(0)
      .runtime.shards.lanes('s0')
      .submit({ ...flush, next });
    expect(outcome).toMatchObject({ kind: 'flushed', isUsable: true });
  };

  it('has set the money aside before it answers, and writes them within moments', async () => {
    const accountId = await newAccount(1_000n);
    expect(await at(0).deduct(accountId, 'first', 10n)).toMatchObject({ kind: 'applied', isDeferred: true });
    const [lease] = await shard().openLeases(accountId);
    expect(lease).toMatchObject({ amountMinor: 250n, state: 'held' });
    const [{ row }] = (await at(0).rows(accountId)) as [Awaited<ReturnType<EngineInstance['rows']>>[0]];
    expect(row.availableMinor + row.heldMinor).toBe(row.netMinor);
    expect(row.heldMinor).toBeGreaterThan(0n);
    await eventually('its entry', () => shard().findEntry(accountId, 'first'));
    await expectAtRest(at(0), accountId, { totalMinor: 990n, keys: ['first'] });
  });

  it('has them written before it is said that one was received under their id', async () => {
    const accountId = await newAccount(1_000n);
    for (let n = 0; n < 20; n += 1) {
      const requestId = `both-${n}`;
      expect(await at(0).deduct(accountId, requestId, 1n)).toHaveProperty('isDeferred', true);
      const received = await at(0).receive(accountId, requestId, 1n);
      const written = await shard().findEntry(accountId, requestId);
      expect(received).toMatchObject({ kind: 'replayed' });
      expect(written).toMatchObject({ amountMinor: 1n });
    }
    await at(0).deduct(accountId, 'other amount', 1n);
    expect(await at(0).receive(accountId, 'other amount', 2n)).toMatchObject({ kind: 'keyReused' });
  });

  it('leaves what is larger than a lease to the shard, which decides durably', async () => {
    const accountId = await newAccount(1_000n);
    const outcome = await at(0).deduct(accountId, 'large', 900n);
    expect(outcome).toMatchObject({ kind: 'applied', entry: { amountMinor: 900n } });
    expect(outcome).not.toHaveProperty('isDeferred');
    await expectAtRest(at(0), accountId, { totalMinor: 100n, keys: ['large'] });
  });

  it('counts a key once that is sent to every instance and by every strategy in the same moment', async () => {
    const accountId = await newAccount(1_000n);
    const keys = Array.from({ length: 50 }, (_, number) => `k${number}`);
    const merged = { ...(await at(1).account(accountId)), strategy: 'merged' };
    const answers = await Promise.all(
      keys.flatMap((requestId) => [
        at(0).deduct(accountId, requestId, 2n),
        at(1).deduct(accountId, requestId, 2n),
        at(1).runtime.engine.submit(
          {
            kind: 'deduct',
            accountId,
            requestId,
            amountMinor: 2n,
            fingerprint: requestFingerprint('deduct', 2n, null, null),
            reference: null,
            metadata: null,
          },
          merged,
        ),
      ]),
    );
    expect(['applied', 'replayed']).toEqual(
      expect.arrayContaining([...new Set(answers.map(({ kind }) => kind))]),
    );
    await expectAtRest(at(0), accountId, { totalMinor: 900n, keys });
  });

  it('is never a reason to refuse: leases in use elsewhere are given back first', async () => {
    const accountId = await newAccount(1_000n);
    for (let turn = 0; turn < engines.length; turn += 1)
      expect(await at(turn).deduct(accountId, `small-${turn}`, 1n)).toHaveProperty('isDeferred', true);
    const rest = 1_000n - BigInt(engines.length);
    expect(await at(0).deduct(accountId, 'all-of-the-rest', rest)).toMatchObject({ kind: 'applied' });
    expect(await at(0).deduct(accountId, 'one-more', 1n)).toEqual({
      kind: 'insufficientFunds',
      availableMinor: 0n,
    });
    await expectAtRest(at(0), accountId, { totalMinor: 0n });
  });

  it('turns away what a dead instance’s lease may pay for until that has expired, and refuses nothing', async () => {
    const accountId = await newAccount(1_000n);
    await leaveLease(accountId, 200n);
    const asked = { kind: 'deduct', requestId: 'too-much-now', amountMinor: 900n } as const;
    const early = await at(0).submitOnce(accountId, asked);
    expect(['overloaded', 'applied']).toContain(early.kind);
    const outcome = await eventually('the money back', async () => {
      const again = await at(0).submitOnce(accountId, asked);
      expect(again.kind).not.toBe('insufficientFunds');
      return again.kind === 'applied' || again.kind === 'replayed' ? again : undefined;
    });
    expect(outcome).toMatchObject({ entry: { amountMinor: 900n } });
    await expectAtRest(at(0), accountId, { totalMinor: 100n, keys: ['too-much-now'] });
  });

  it('waits a dead instance’s term out before an account is told to be frozen', async () => {
    const accountId = await newAccount(1_000n);
    await leaveLease(accountId, 200n);
    const began = performance.now();
    await at(0).changeStatus(accountId, 'frozen');
    expect(performance.now() - began).toBeGreaterThanOrEqual(LEASE.termMs);
    expect(await at(1).deduct(accountId, 'late', 1n)).toEqual({ kind: 'accountFrozen' });
    await expectAtRest(at(0), accountId, { totalMinor: 1_000n, keys: [] });
  });

  it('is written all the same when the account is frozen right behind its answer', async () => {
    const accountId = await newAccount(1_000n);
    const keys = Array.from({ length: 20 }, (_, number) => `k${number}`);
    const answers = await Promise.all(keys.map((key, turn) => at(turn).deduct(accountId, key, 1n)));
    expect(answers.every(({ kind }) => kind === 'applied')).toBe(true);
    await at(0).changeStatus(accountId, 'frozen');
    for (const key of keys) expect((await at(1).deduct(accountId, key, 1n)).kind).toBe('replayed');
    await expectAtRest(at(0), accountId, { totalMinor: 980n, keys });
  });

  it('is durable from the moment on that another strategy was chosen, through every instance', async () => {
    const accountId = await newAccount(1_000n);
    for (let turn = 0; turn < engines.length; turn += 1)
      expect(await at(turn).deduct(accountId, `leased-${turn}`, 1n)).toHaveProperty('isDeferred', true);
    await at(0).choose(accountId, 'merged');
    expect(await shard().openLeases(accountId)).toEqual([]);
    for (let turn = 0; turn < engines.length; turn += 1)
      expect(await at(turn).deduct(accountId, `merged-${turn}`, 1n)).not.toHaveProperty('isDeferred');
    await expectAtRest(at(0), accountId, { totalMinor: 1_000n - 2n * BigInt(engines.length) });
  });

  it('is found and reversed before it is written, wherever that is asked for', async () => {
    const accountId = await newAccount(1_000n);
    await at(0).deduct(accountId, 'bought', 10n);
    expect(await at(0).runtime.engine.findEntry(await at(0).account(accountId), 'bought')).toBeDefined();
    await at(0).deduct(accountId, 'sold', 10n);
    const back = await at(1).reverse(accountId, 'sold', { requestId: 'back', amountMinor: null });
    expect(back).toMatchObject({ kind: 'applied', entry: { amountMinor: 10n } });
    await expectAtRest(at(0), accountId, { totalMinor: 990n, keys: ['bought', 'sold'] });
  });

  it('is written, and its lease given back, by an orderly stop', async () => {
    const accountId = await newAccount(1_000n);
    const going =
      store.mark === 'sqlite' ? undefined : await site.start({ strategySettings: { lease: LEASE } });
    if (!going) return;
    const keys = Array.from({ length: 300 }, (_, number) => `k${number}`);
    await Promise.all(keys.map((key) => going.deduct(accountId, key, 1n)));
    await site.stop(going);
    expect(await shard().openLeases(accountId)).toEqual([]);
    await expectAtRest(at(0), accountId, { totalMinor: 700n, keys });
  });
});
