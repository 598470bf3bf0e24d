import { accountRecord } from '../../test/models/account-record';
import { row } from '../../test/models/commands';
import { creditOf, deduction, requestAt } from '../../test/models/engine-requests';
import { EngineWorld, type InstanceOptions } from '../../test/models/engine-world';
import type { AllowanceFacts } from '../shards/directory/account-record';
import { DirectoryUnavailableError } from '../shards/directory/directory';
import { COLLECTOR_SETTINGS } from './collector';

const SHARDS = ['east', 'north', 'west'];
const ACCOUNT = accountRecord({ subAccounts: 3, placement: { epoch: 1, shards: SHARDS } });
/** Homes of some requests. */
const EAST = requestAt('east', ACCOUNT);
const WEST = requestAt('west', ACCOUNT);

describe('what one shard cannot pay and the account can', () => {
  test('is brought home and paid, whatever the sub-accounts have', async () => {
    const { submit, world, observer } = setUp({ east: 10n, north: 30n, west: 20n });
    expect(await submit(deduction(EAST, 60n))).toMatchObject({ kind: 'applied', shard: 'east' });
    expect(world.total()).toBe(0n);
    expect(world.inRows()).toBe(0n);
    expect(observer.rounds).toEqual([{ requests: 1, locked: false }]);
  });

  test('is brought in the transaction that pays it, so that nobody takes it in between', async () => {
    const { submit, shard } = setUp({ west: 20n });
    await submit(deduction(EAST, 20n));
    expect(shard('east').batches).toEqual([['deduct'], ['transferIn', 'deduct']]);
  });

  test('comes with a share of the rest, so that the next request there is cheap', async () => {
    const { submit, world, observer } = setUp({ west: 310n });
    await submit(deduction(EAST, 10n));
    expect(world.rows().map(({ shard, row: { availableMinor } }) => [shard, availableMinor])).toEqual([
      ['east', 100n],
      ['north', 0n],
      ['west', 200n],
    ]);
    await submit(deduction(requestAt('east', ACCOUNT, 1), 50n));
    expect(observer.rounds).toHaveLength(1);
  });

  test('is decided for all that wait with one reading, in the order in which they came', async () => {
    const { submit, shard } = setUp({ west: 25n });
    const amounts = [10n, 100n, 10n, 10n, 5n];
    const outcomes = await Promise.all(
      amounts.map((amountMinor, n) => submit(deduction(requestAt('east', ACCOUNT, n), amountMinor))),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      'applied',
      'insufficientFunds',
      'applied',
      'insufficientFunds',
      'applied',
    ]);
    expect(shard('north').calls.filter((call) => call === 'reading').length).toBeLessThanOrEqual(4);
  });

  test.each([
    ['by readings', COLLECTOR_SETTINGS.readRoundsMax],
    ['under locks', 0],
  ])('is paid from what is on its way, once it has arrived: %s', async (_how, readRoundsMax) => {
    const { submit, world, mover, observer } = setUp({ west: 20n }, { collector: { readRoundsMax } });
    await mover.send({
      by: 'rebalancer',
      accountId: 'acme',
      fromShard: 'west',
      toShard: 'north',
      toSubAccount: 1,
      amountMaxMinor: 20n,
    });
    expect(world.inRows()).toBe(0n);
    expect(await submit(deduction(EAST, 20n))).toMatchObject({ kind: 'applied' });
    expect(observer.rounds).toEqual(Array(2).fill({ requests: 1, locked: readRoundsMax === 0 }));
  });

  test('is paid from the shares of a credit that are on their way', async () => {
    const world = new EngineWorld(['east', 'west']);
    const account = world.account({ subAccounts: 4 });
    const { submit, shard } = world.instance();
    let deducted: ReturnType<typeof submit> | undefined;
    shard('west').before('batch', () => {
      // The share has left, and is about to arrive.
      deducted = submit(deduction(requestAt('east', account), 100n));
    });
    await submit(creditOf(requestAt('east', account, 0, 'topup'), 100n));
    expect(await deducted).toMatchObject({ kind: 'applied' });
  });

  test('is paid from money on a shard outside the placement, which counts like any other', async () => {
    const world = new EngineWorld(SHARDS);
    const account = world.account({
      subAccounts: 1,
      placement: { epoch: 2, shards: ['east'] },
      reach: SHARDS,
    });
    world.put('west', row({ index: 1, epoch: 2, availableMinor: 30n, state: 'draining' }));
    const { submit, balances } = world.instance();
    expect(await balances.current(account)).toMatchObject({ availableMinor: 30n });
    expect(await submit(deduction('r1', 30n))).toMatchObject({ kind: 'applied', shard: 'east' });
  });
});

describe('a refusal for funds', () => {
  test('does not meet a request whose first try took the last of the money meanwhile', async () => {
    const { submit, shard, other } = setUp({ west: 100n });
    // Home has refused the retry; the first try, whose answer was lost, only commits now.
    shard('east').after('batch', () => other.submit(deduction(EAST, 100n)));
    expect(await submit(deduction(EAST, 100n))).toMatchObject({ kind: 'replayed', shard: 'east' });
  });

  test('does not meet one whose first try took it at a home that is past by now', async () => {
    const { submit, shard, other, world } = setUp({ west: 100n });
    const moved = ['north', 'west', 'east'];
    shard('east').after('batch', async () => {
      await other.submit(deduction(EAST, 100n));
      for (const { shard: name, row: each } of world.rows()) world.put(name, { ...each, epoch: 2 });
      world.directory.change('acme', {
        placement: { epoch: 2, shards: moved },
        past: [{ shards: SHARDS, fencedAtUs: 1_000 }],
      });
    });
    expect(await submit(deduction(EAST, 100n))).toMatchObject({ kind: 'replayed', shard: 'east' });
    expect(
      requestAt('north', accountRecord({ subAccounts: 3, placement: { epoch: 2, shards: moved } })),
    ).toBe(EAST);
  });

  test('does not meet a change of a limit whose first try took it before the account of the budget moved', async () => {
    const world = new EngineWorld(SHARDS);
    const facts = { of: 'acme', budgetId: 'monthly', epochOfAccount: 2 } as AllowanceFacts;
    const placement = { epoch: 4, shards: SHARDS };
    const allowance = world.account({ subAccounts: 3, placement, allowance: facts });
    const { collector } = world.instance();
    const before = { placement, allowance: { ...facts, epochOfAccount: 1 } };
    // Its own epoch is its step, and the same: it is looked up again where the account was, and then carried out.
    const { outcome } = await collector.collect(
      deduction('step 4', 10n, allowance.accountId),
      'east',
      before,
    );
    expect(outcome).toEqual({ kind: 'fenced', epoch: 4 });
  });

  test('says under which key something else was done instead, if so', async () => {
    const { submit, shard, other } = setUp({ west: 100n });
    shard('east').after('batch', () => other.submit(deduction(EAST, 99n)));
    expect(await submit(deduction(EAST, 100n))).toEqual({ kind: 'keyReused' });
  });

  test('is not sent after an answer that home could give no more', async () => {
    const { submit, shard, other } = setUp({ west: 100n });
    // Between the two readings that find the account empty, the first try commits and the answer is lost.
    shard('west').before('reading', () => other.submit(deduction(EAST, 100n)));
    expect(await submit(deduction(EAST, 100n))).toMatchObject({ kind: 'replayed' });
  });

  test('needs one instant: sums that were read while money came in here and went out there prove nothing', async () => {
    const { submit, shard, other, observer } = setUp({ west: 10n });
    shard('west').before('reading', async () => {
      await other.submit(creditOf(requestAt('east', ACCOUNT, 1), 10n));
      await other.submit(deduction(WEST, 10n));
    });
    expect(await submit(deduction(EAST, 10n))).toMatchObject({ kind: 'applied' });
    expect(observer.rounds.every(({ locked }) => !locked)).toBe(true);
  });

  test('is not kept waiting by money that moves inside the account', async () => {
    const { submit, shard, other, observer } = setUp({ west: 10n });
    const move = (fromShard: string, toShard: string) => async () => {
      const toSubAccount = SHARDS.indexOf(toShard);
      const departure = await other.mover.send({
        by: 'rebalancer',
        accountId: 'acme',
        fromShard,
        toShard,
        toSubAccount,
        amountMaxMinor: 10n,
      });
      if (departure) await other.transfers.forward(fromShard, [departure]);
    };
    shard('west').before('reading', move('west', 'north'), move('north', 'east'));
    expect(await submit(deduction(EAST, 11n))).toEqual({ kind: 'insufficientFunds', availableMinor: 10n });
    expect(observer.rounds).toEqual([{ requests: 1, locked: false }]);
    expect(shard('west').calls).toEqual(['reading', 'reading']);
  });

  test('rests on no reading that began before the request came', async () => {
    const { submit, shard, other, observer } = setUp({});
    let second: ReturnType<typeof submit> | undefined;
    // The round has read an empty account twice and is about to say so. A credit is acknowledged, and only then
    // the second deduction comes.
    shard('east').before('keyLookUp', async () => {
      expect(await other.submit(creditOf(requestAt('east', ACCOUNT, 2), 10n))).toMatchObject({
        kind: 'applied',
      });
      second = submit(deduction(requestAt('east', ACCOUNT, 1), 10n));
      await Promise.resolve();
    });
    expect(await submit(deduction(EAST, 10n))).toMatchObject({ kind: 'insufficientFunds' });
    expect(await second).toMatchObject({ kind: 'applied' });
    expect(observer.rounds).toHaveLength(2);
  });

  test('rests on no reading of a placement that is past: the money may be where nobody looked', async () => {
    const world = new EngineWorld(SHARDS);
    world.account({ subAccounts: 1, placement: { epoch: 1, shards: ['east'] } }, 100n);
    const { submit, shard, balances, accounts } = world.instance();
    const stale = await accounts.read('acme');
    if (!stale) throw new Error('no account');
    const request = deduction('r1', 150n);
    shard('east').after('batch', () => {
      // Home has refused. Now the account moves, and a credit comes in at its new home.
      world.put('east', row({ index: 0, epoch: 2, netMinor: 100n, state: 'closed' }));
      world.put('west', row({ index: 0, epoch: 2, availableMinor: 150n, netMinor: 50n }));
      world.directory.change('acme', {
        placement: { epoch: 2, shards: ['west'] },
        past: [{ shards: ['east'], fencedAtUs: 1_000 }],
        reach: ['east', 'west'],
      });
    });
    expect(await submit(request)).toMatchObject({ kind: 'applied', shard: 'west' });

    expect(await balances.current(stale)).toMatchObject({ totalMinor: 0n });
    expect(await balances.snapshot(stale)).toMatchObject({ totalMinor: 0n });
  });

  test.each([
    ['by readings', COLLECTOR_SETTINGS.readRoundsMax],
    ['under locks', 0],
  ])(
    'does not meet one whose first try took the last at a home that was only announced when this instance looked: %s',
    async (_how, readRoundsMax) => {
      const world = new EngineWorld(SHARDS);
      world.account({ subAccounts: 1, placement: { epoch: 1, shards: ['east'] } }, 100n);
      world.put('west', row({ index: 0, epoch: 1, state: 'closed' }));
      const announced = { epoch: 2, shards: ['west'], subAccounts: 1 };
      world.directory.change('acme', { next: announced, reach: ['east', 'west'] });
      const [here, other] = [world.instance({ collector: { readRoundsMax } }), world.instance()];
      // It remembers the account as short, and does not ask home first.
      expect(await here.submit(deduction('too-large', 101n))).toMatchObject({ kind: 'insufficientFunds' });

      world.put('east', row({ index: 0, epoch: 2, netMinor: 100n, movedMinor: -100n, state: 'closed' }));
      world.put('west', row({ index: 0, epoch: 2, availableMinor: 100n, netMinor: 0n, movedMinor: 100n }));
      world.directory.change('acme', {
        placement: { epoch: 2, shards: ['west'] },
        next: null,
        past: [{ shards: ['east'], fencedAtUs: 1_000 }],
      });
      expect(await other.submit(deduction('too-large', 101n))).toMatchObject({ kind: 'insufficientFunds' });
      await other.submit(creditOf('more', 1n));
      expect(await other.submit(deduction('too-large', 101n))).toMatchObject({ kind: 'applied' });
      expect(await here.submit(deduction('too-large', 101n))).toMatchObject({ kind: 'replayed' });
    },
  );

  test('is not sent where the account’s status refuses first', async () => {
    const { submit, world } = setUp({ west: 5n });
    expect(await submit(deduction(EAST, 10n))).toMatchObject({ kind: 'insufficientFunds' });
    for (const { shard: name, row: each } of world.rows())
      world.put(name, { ...each, accountStatus: 'frozen', accountStatusVersion: 2 });
    // This instance remembers the account as short and does not ask home first.
    expect(await submit(deduction(requestAt('east', ACCOUNT, 1), 10n))).toEqual({ kind: 'accountFrozen' });
  });

  test('costs a storm on an empty account a few readings, not one each', async () => {
    const { submit, shard } = setUp({});
    const storm = Array.from({ length: 300 }, (_, n) => submit(deduction(`storm-${n}`, 1n)));
    const outcomes = await Promise.all(storm);
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['insufficientFunds']));
    for (const name of SHARDS)
      expect(shard(name).calls.filter((call) => call === 'reading').length).toBeLessThan(8);
  });
});

describe('while a shard cannot be read', () => {
  test('the others pay what they can, and nobody is refused for funds', async () => {
    const { submit, shard, observer } = setUp({ east: 5n, north: 50n, west: 50n });
    shard('west').isDown = true;
    expect(await submit(deduction(EAST, 40n))).toMatchObject({ kind: 'applied', shard: 'east' });
    expect(await submit(deduction(requestAt('east', ACCOUNT, 1), 40n))).toEqual({
      kind: 'shardUnavailable',
      shard: 'west',
    });
    expect(await submit(deduction(requestAt('north', ACCOUNT), 5n))).toMatchObject({ kind: 'applied' });
    expect(observer.rounds).toHaveLength(2);
  });

  test('that was there at the first look, nobody is refused either', async () => {
    const { submit, shard } = setUp({ west: 5n });
    shard('west').after('reading', () => {
      shard('west').isDown = true;
    });
    expect(await submit(deduction(EAST, 10n))).toEqual({ kind: 'shardUnavailable', shard: 'west' });
  });

  test('that one could have taken effect at before, its request is not refused', async () => {
    const { submit, shard } = setUp({});
    shard('east').before('keyLookUp', () => {
      shard('east').isDown = true;
    });
    expect(await submit(deduction(EAST, 10n))).toEqual({ kind: 'shardUnavailable', shard: 'east' });
  });

  test('money that its source cannot send does not arrive', async () => {
    const { submit, shard, world } = setUp({ north: 5n, west: 50n });
    // Read, but not written any more.
    shard('west').before('batch', () => {
      shard('west').isDown = true;
    });
    expect(await submit(deduction(EAST, 20n))).toEqual({ kind: 'shardUnavailable', shard: 'west' });
    expect(world.total()).toBe(55n);
    expect(world.inRows()).toBeLessThanOrEqual(55n);
    const arrivals = [...world.database('east').account('acme').transfers.values()];
    expect(arrivals.every(({ peerShard }) => peerShard === 'north')).toBe(true);
  });

  test('money whose departure is not known to have happened is left to be found, and arrives once', async () => {
    let lost = true;
    const { submit, world } = setUp(
      { west: 50n },
      {
        interfereAt: (name, step) => {
          if (name !== 'west' || step !== 'afterCommit' || !lost) return undefined;
          lost = false;
          return 'outcomeUnknown';
        },
      },
    );
    expect(await submit(deduction(EAST, 20n))).toMatchObject({ kind: 'applied' });
    expect(world.total()).toBe(30n);
    expect(world.inRows()).toBe(30n);
    const left = [...world.database('west').account('acme').transfers.values()];
    expect(left.filter(({ direction }) => direction === 'out')).toHaveLength(1);
  });
});

describe('while the placement changes', () => {
  test('deductions wait for the new one, and go where it sends them', async () => {
    const { submit, world } = setUp({ west: 20n });
    for (const { shard: name, row: each } of world.rows().filter(({ shard }) => shard !== 'east'))
      world.put(name, { ...each, epoch: 2 });
    const submitted = submit(deduction(EAST, 20n));
    await world.time.sleep(300);
    for (const { shard: name, row: each } of world.rows()) world.put(name, { ...each, epoch: 2 });
    world.directory.change('acme', { placement: { epoch: 2, shards: SHARDS } });
    expect(await submitted).toMatchObject({ kind: 'applied' });
  });

  test('one whose key took effect at its old home is not paid again at its new one', async () => {
    const { submit, shard, other, world } = setUp({ north: 100n, west: 100n });
    shard('east').after('batch', async () => {
      await other.submit(deduction(EAST, 100n));
      for (const { shard: name, row: each } of world.rows()) world.put(name, { ...each, epoch: 2 });
      world.directory.change('acme', {
        placement: { epoch: 2, shards: ['north', 'west', 'east'] },
        past: [{ shards: SHARDS, fencedAtUs: 1_000 }],
      });
    });
    expect(await submit(deduction(EAST, 100n))).toMatchObject({ kind: 'replayed', shard: 'east' });
    expect(world.effects()).toEqual(new Map([[EAST, 1]]));
    expect(world.total()).toBe(100n);
  });

  test('and the directory is away, they are not refused for funds', async () => {
    const { submit, world } = setUp({ west: 20n });
    const request = deduction(EAST, 20n);
    await submit({ ...request, requestId: 'known', amountMinor: 1n });
    for (const { shard: name, row: each } of world.rows().filter(({ shard }) => shard !== 'east'))
      world.put(name, { ...each, epoch: 2 });
    world.directory.away = new DirectoryUnavailableError('away');
    await expect(submit(request)).rejects.toMatchObject({ code: 'DIRECTORY_UNAVAILABLE' });
    expect(world.effects().has(EAST)).toBe(false);
  });
});

describe('deductions that chase money', () => {
  test('lock every shard after some rounds, and have it then', async () => {
    const { submit, shard, other, observer, world } = setUp(
      { west: 10n },
      { interfereAt: () => world.time.sleep(1).then(() => undefined) },
    );
    // Whenever this instance has looked, the money goes on to another shard.
    let chased = true;
    const between = ['west', 'north'];
    const goOn = async (): Promise<void> => {
      shard('east').after('reading', goOn);
      if (!chased) return;
      const [fromShard = '', toShard = ''] = between;
      between.reverse();
      const departure = await other.mover.send({
        by: 'rebalancer',
        accountId: 'acme',
        fromShard,
        toShard,
        toSubAccount: SHARDS.indexOf(toShard),
        amountMaxMinor: 10n,
      });
      if (departure) await other.transfers.forward(fromShard, [departure]);
    };
    shard('east').after('reading', goOn);
    expect(await submit(deduction(EAST, 10n))).toMatchObject({ kind: 'applied', shard: 'east' });
    chased = false;
    expect(observer.rounds.map(({ locked }) => locked)).toEqual([
      ...Array<boolean>(COLLECTOR_SETTINGS.readRoundsMax).fill(false),
      true,
    ]);
    expect(world.inRows()).toBe(0n);
  });

  test('find money outside the placement under locks, too', async () => {
    const world = new EngineWorld(SHARDS);
    world.account({ subAccounts: 1, placement: { epoch: 2, shards: ['east'] }, reach: ['west', 'east'] });
    world.put('west', row({ index: 1, epoch: 2, availableMinor: 30n, state: 'draining' }));
    const { submit } = world.instance({ collector: { readRoundsMax: 0 } });
    expect(await submit(deduction('r1', 30n))).toMatchObject({ kind: 'applied', shard: 'east' });
  });

  test('are refused under the same locks, when the account is too small and never still', async () => {
    const { submit, shard, other, observer } = setUp({ east: 5n });
    let turn = 0;
    const disturb = async (): Promise<void> => {
      shard('west').after('reading', disturb);
      await other.submit(creditOf(`in-${turn}`, 1n));
      await other.submit(deduction(`out-${(turn += 1)}`, 1n));
    };
    shard('west').after('reading', disturb);
    expect(await submit(deduction(EAST, 10n))).toEqual({ kind: 'insufficientFunds', availableMinor: 5n });
    expect(observer.rounds.at(-1)).toEqual({ requests: 1, locked: true });
  });

  test('are told of the account’s status and not of its funds, when it is frozen', async () => {
    const world = new EngineWorld(SHARDS);
    const placement = { epoch: 1, shards: ['east', 'west'] };
    const account = world.account({ subAccounts: 2, placement, status: 'frozen' });
    world.put('east', row({ index: 0, accountStatus: 'frozen' }));
    world.put('west', row({ index: 1, availableMinor: 3n, accountStatus: 'frozen' }));
    const { collector } = world.instance({ collector: { readRoundsMax: 0 } });
    const { outcome } = await collector.collect(deduction(EAST, 10n), 'east', account);
    expect(outcome).toEqual({ kind: 'accountFrozen' });
  });

  test('never wait for each other in a circle, however their records name the shards', async () => {
    const { world, locks, other } = setUp(
      {},
      { interfereAt: () => world.time.sleep(1).then(() => undefined) },
    );
    const use = () => world.time.sleep(5).then(() => 'used');
    const both = Promise.all([
      locks.with({ ...ACCOUNT, reach: ['east', 'west'] }, use),
      other.locks.with({ ...ACCOUNT, reach: ['west', 'east'] }, use),
    ]);
    expect(await Promise.race([both, world.time.sleep(60_000)])).toEqual(['used', 'used']);
  });

  test('leave no money behind that could not arrive under locks', async () => {
    // Credits in flight have lifted the account past what one row may hold: no row can take all of it.
    const most = 4n * 10n ** 18n;
    const { submit, world, recovery } = setUp(
      { north: most, west: most },
      {
        collector: { readRoundsMax: 0 },
        interfereAt: () => world.time.sleep(5).then(() => undefined),
      },
    );
    world.put('east', row({ index: 0, heldMinor: 3n * 10n ** 18n }));
    const paid = await Promise.all(
      Array.from({ length: 8 }, (_, n) => submit(deduction(requestAt('east', ACCOUNT, n), 10n ** 18n))),
    );
    const applied = paid.filter(({ kind }) => kind === 'applied').length;
    await world.time.sleep(60_000);
    await recovery.recover();
    expect(world.total()).toBe(11n * 10n ** 18n - BigInt(applied) * 10n ** 18n);
    expect(world.inRows()).toBe(world.total());
  });
});

test('credits here and spending there, again and again, never run out of numbers', async () => {
  const { submit, balances, world } = setUp({});
  const most = 10n ** 18n;
  for (let round = 0; round < 20; round += 1) {
    const [credited, spent] = [requestAt('east', ACCOUNT, round), requestAt('west', ACCOUNT, round)];
    expect(await submit(creditOf(credited, most))).toMatchObject({ kind: 'applied' });
    expect(await balances.current(ACCOUNT)).toMatchObject({ totalMinor: most, heldMinor: 0n });
    expect(await submit(deduction(spent, most))).toMatchObject({ kind: 'applied' });
    expect(await balances.current(ACCOUNT)).toMatchObject({ totalMinor: 0n });
  }
  expect(world.rows().some(({ row: { netMinor } }) => netMinor !== 0n)).toBe(true);
});

/** One sub-account on each shard, with some money; the instance at hand, and another one. */
function setUp(funds: Readonly<Record<string, bigint>>, options: InstanceOptions = {}) {
  const world = new EngineWorld(SHARDS);
  world.account(ACCOUNT);
  world.fund(ACCOUNT, (index) => funds[SHARDS[index] ?? ''] ?? 0n);
  return { world, other: world.instance(options), ...world.instance(options) };
}
