import { deduction } from '../../../test/models/engine-requests';
import { type EngineInstance, EngineWorld } from '../../../test/models/engine-world';
import { SPREAD_WAIT_MS_MAX } from '../await-spread';
import { FAULT_POINTS, type FaultPoint } from '../fault-points';
import { arrivalOfPaymentKey } from '../../ledger/identifiers';
import { routeRequest } from '../../ledger/routing';
import type { AccountRecord } from '../../shards/directory/account-record';

const SHARDS = ['north', 'south', 'west'];
const OPENING = 100n;
const POINTS = FAULT_POINTS.filter((point) => point.startsWith('payment.'));

/** A payer on two shards and a payee on another pair of them. */
function setUp() {
  const world = new EngineWorld(SHARDS);
  const payer = world.account(
    { accountId: 'payer', subAccounts: 4, placement: { epoch: 1, shards: ['north', 'south'] } },
    OPENING / 4n,
  );
  const payee = world.account({
    accountId: 'payee',
    subAccounts: 2,
    placement: { epoch: 1, shards: ['south', 'west'] },
    reach: ['south', 'west'],
  });
  const pay = (
    instance: EngineInstance,
    requestId: string,
    amountMinor = 10n,
    to: AccountRecord = world.directory.accounts.get('payee') ?? payee,
  ) => {
    const { accountId, reference, metadata } = deduction(requestId, amountMinor, 'payer');
    const print = `pay ${amountMinor}`;
    const request = { accountId, requestId, amountMinor, fingerprint: print, reference, metadata };
    return instance.paying.pay(request, { payer, payee: to });
  };
  const kindOf = async (...given: Parameters<typeof pay>): Promise<string> => (await pay(...given)).kind;
  const totals = () => [world.total('payer'), world.total('payee')];
  const underWay = () => SHARDS.flatMap((name) => [...world.database(name).account('payer').payments.keys()]);
  const tell = (status: 'active' | 'frozen' | 'closed', version: number): void => {
    world.directory.change('payee', { status, statusVersion: version });
    for (const { shard, row } of world.rows('payee'))
      world.put(shard, { ...row, accountStatus: status, accountStatusVersion: version });
  };
  return { world, payer, payee, pay, kindOf, totals, underWay, tell };
}

/** Where a payment to the payee arrives. */
function homeOf(requestId: string): string {
  return routeRequest(requestId, { epoch: 1, shards: ['south', 'west'] }, 2).shard;
}

/** An instance that dies at a point the first time that it comes by: what it was about to do is never done. */
function dying(world: EngineWorld, at: FaultPoint): EngineInstance {
  return world.instance({ reach: (point) => (point === at ? Promise.reject(new Error(at)) : undefined) });
}

describe('a payment to another account', () => {
  test('leaves one and arrives in the other, once, however often it is asked for', async () => {
    const { world, pay, totals, underWay } = setUp();
    const instance = world.instance();
    expect(await pay(instance, 'p')).toMatchObject({
      kind: 'paid',
      replayed: false,
      entry: { kind: 'transfer-out', counterparty: 'payee' },
    });
    expect(await pay(instance, 'p')).toMatchObject({ kind: 'paid', replayed: true });
    expect(await pay(world.instance(), 'p')).toMatchObject({ kind: 'paid', replayed: true });
    await instance.paymentRecovery.recover();
    await instance.deliveries.whenIdle();
    expect(totals()).toEqual([90n, 10n]);
    expect(underWay()).toEqual([]);
  });

  test('is one of the keys of the account that pays', async () => {
    const { world, kindOf, totals } = setUp();
    const instance = world.instance();
    expect(await kindOf(instance, 'p')).toBe('paid');
    expect(await kindOf(instance, 'p', 11n)).toBe('keyReused');
    expect(await instance.submit(deduction('p', 10n, 'payer'))).toEqual({ kind: 'keyReused' });
    expect(await instance.submit(deduction('d', 10n, 'payer'))).toMatchObject({ kind: 'applied' });
    expect(await kindOf(instance, 'd')).toBe('keyReused');
    expect(totals()).toEqual([80n, 10n]);
  });

  test('takes what the whole account has, and no more', async () => {
    const { world, kindOf, totals } = setUp();
    const instance = world.instance();
    expect(await kindOf(instance, 'much', OPENING + 1n)).toBe('insufficientFunds');
    expect(await kindOf(instance, 'all', OPENING)).toBe('paid');
    expect(totals()).toEqual([0n, OPENING]);
  });

  test.each(['frozen', 'closed'] as const)('is refused before it leaves for a %s account', async (status) => {
    const { world, kindOf, totals, tell } = setUp();
    const instance = world.instance();
    expect(await kindOf(instance, 'before')).toBe('paid');
    tell(status, 2);
    expect(await kindOf(instance, 'p')).toBe(status === 'frozen' ? 'payeeFrozen' : 'payeeClosed');
    expect(await kindOf(instance, 'before')).toBe('paid');
    expect(totals()).toEqual([90n, 10n]);
  });

  test('is not refused by a status that the other account had some time ago', async () => {
    const { world, pay, payee, kindOf, totals, tell } = setUp();
    const instance = world.instance();
    tell('frozen', 2);
    const old = world.directory.accounts.get('payee') ?? payee;
    tell('active', 3);
    expect(await pay(instance, 'p', 10n, old)).toMatchObject({ kind: 'paid', replayed: false });
    tell('frozen', 4);
    const frozen = world.directory.accounts.get('payee') ?? payee;
    tell('closed', 5);
    expect(await pay(instance, 'q', 10n, frozen)).toEqual({ kind: 'payeeClosed' });
    expect(await kindOf(instance, 'p')).toBe('paid');
    expect(totals()).toEqual([90n, 10n]);
  });

  test('is answered though a share of it cannot arrive where it was spread to', async () => {
    const { world, pay, totals, underWay } = setUp();
    const slow = (): Promise<undefined> => world.time.sleep(60_000).then(() => undefined);
    const instance = world.instance({
      interfereAt: (shard, step) =>
        shard === 'west' && step === 'lock' ? slow() : Promise.resolve(undefined),
    });
    await instance.accounts.read('payee');
    const sinceMs = world.time.now();
    // Its home among the accounts that are paid is on the other shard.
    const key = ['p', 'q', 'r', 's'].find((id) => homeOf(id) === 'south') ?? '';
    expect(await pay(instance, key, 100n)).toMatchObject({ kind: 'paid', replayed: false });
    expect(world.time.now() - sinceMs).toBeLessThanOrEqual(SPREAD_WAIT_MS_MAX);
    const sent = [...world.database('south').account('payee').transfers.values()];
    expect(sent.some(({ pending }) => pending)).toBe(true);
    expect(totals()).toEqual([0n, 100n]);
    await instance.deliveries.whenIdle();
    expect(underWay()).toEqual([]);
  });

  test('comes back where the other account was closed meanwhile, and stays back when that is open again', async () => {
    const { world, pay, payee, kindOf, totals, tell, underWay } = setUp();
    const instance = world.instance();
    tell('closed', 2);
    expect(await pay(instance, 'p', 10n, payee)).toMatchObject({ kind: 'returned' });
    expect(totals()).toEqual([100n, 0n]);
    tell('active', 3);
    expect(await kindOf(instance, 'p')).toBe('returned');
    await instance.deliveries.whenIdle();
    expect(totals()).toEqual([100n, 0n]);
    expect(underWay()).toEqual([]);
  });

  test.each(POINTS)('reaches one end after a crash at %s, whoever goes on', async (point) => {
    for (const status of ['active', 'closed'] as const) {
      const { world, pay, payee, kindOf, totals, tell, underWay } = setUp();
      if (status === 'closed') tell('closed', 2);
      const first = dying(world, point);
      await pay(first, 'p', 10n, payee).catch(() => undefined);
      await first.paymentRecovery.recover();
      // What a late instance decides otherwise must not count.
      tell(status === 'closed' ? 'active' : 'closed', 3);
      await world.time.sleep(60_000);
      const [one, other] = [world.instance(), world.instance()];
      await Promise.all([
        one.paymentRecovery.recover(),
        other.paymentRecovery.recover(),
        kindOf(one, 'p'),
        kindOf(other, 'p'),
      ]);
      await Promise.all([one.deliveries.whenIdle(), other.deliveries.whenIdle()]);
      await one.paymentRecovery.recover();
      const [left, arrived] = totals();
      expect((left ?? 0n) + (arrived ?? 0n)).toBe(OPENING);
      expect([0n, 10n]).toContain(arrived);
      expect(['paid', 'returned']).toContain(await kindOf(one, 'p'));
      expect(await kindOf(one, 'p')).toBe(arrived === 10n ? 'paid' : 'returned');
      await one.deliveries.whenIdle();
      expect(underWay()).toEqual([]);
      for (const times of [...world.effects('payee').values(), ...world.effects('payer').values()])
        expect(times).toBe(1);
    }
  });

  test('arrives where it was bound for, once, though the other account has moved since', async () => {
    const { world, pay, payee, totals, underWay } = setUp();
    const first = dying(world, 'payment.decided');
    await first.accounts.read('payee');
    await pay(first, 'p', 10n, payee).catch(() => undefined);
    expect(totals()).toEqual([90n, 10n]);
    // Long enough ago that no key is looked up at its past homes any more.
    world.directory.change('payee', {
      placement: { epoch: 2, shards: ['north'] },
      subAccounts: 1,
      past: [],
      reach: SHARDS,
    });
    await world.time.sleep(60_000);
    const instance = world.instance();
    await instance.accounts.read('payee');
    await instance.paymentRecovery.recover();
    await instance.deliveries.whenIdle();
    expect(totals()).toEqual([90n, 10n]);
    expect(underWay()).toEqual([]);
  });

  test('is reported while it waits, and once it does not any more', async () => {
    const { world, kindOf, totals } = setUp();
    const isGone = { value: true };
    const instance = world.instance({
      interfereAt: (shard) =>
        Promise.resolve(shard === 'west' && isGone.value ? ('unavailable' as const) : undefined),
    });
    const key = ['p', 'q', 'r', 's'].find((id) => homeOf(id) === 'west') ?? '';
    expect(await kindOf(instance, key)).toBe('shardUnavailable');
    const reports = instance.observer.undeliveries;
    for (let looks = 0; looks < 20 && reports.length === 0; looks += 1) {
      await world.time.sleep(5_000);
      await instance.paymentRecovery.recover();
    }
    expect(reports).toEqual([
      expect.objectContaining({
        of: 'payments',
        toShard: 'west',
        count: 1,
        examples: [{ accountId: 'payer', transferId: key }],
      }),
    ]);
    isGone.value = false;
    for (let looks = 0; looks < 20 && reports.at(-1)?.count !== 0; looks += 1) {
      await world.time.sleep(5_000);
      await instance.paymentRecovery.recover();
    }
    expect(reports.at(-1)).toMatchObject({ of: 'payments', toShard: 'west', count: 0 });
    expect(totals()).toEqual([90n, 10n]);
  });

  test('is told from an earlier one under the same request id, by its time', () => {
    const names = { accountId: 'payer', requestId: 'p' };
    expect(arrivalOfPaymentKey({ ...names, createdAtUs: 1 })).not.toBe(
      arrivalOfPaymentKey({ ...names, createdAtUs: 2 }),
    );
    const longest = {
      accountId: 'a'.repeat(64),
      requestId: 'r'.repeat(64),
      createdAtUs: 4_499_999_999_999_999,
    };
    expect(arrivalOfPaymentKey(longest).length).toBeLessThanOrEqual(160);
  });
});
