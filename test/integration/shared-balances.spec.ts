import { randomUUID } from 'node:crypto';
import { BalanceCache, type TimedBalance } from '../../src/balances/balance-cache';
import { RedisBalanceStore } from '../../src/balances/redis-balance-store';
import { type Lead, SharedBalances } from '../../src/balances/shared-balances';
import { REAL_SURROUNDINGS } from '../../src/shards/surroundings';
import { eventually } from '../setup/eventually';
import { PrivateRedis } from '../setup/private-redis';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

/** Nothing becomes old, and nobody who leads is taken to be gone, while a test runs. */
const LASTING = { ageMsMax: 600_000, leadMsMax: 600_000, commandMsMax: 60_000 };
/** Everything is old at once. */
const FLEETING = { ageMsMax: -1, leadMsMax: 0, commandMsMax: 60_000 };

let redis: PrivateRedis;

beforeAll(async () => {
  redis = await PrivateRedis.start();
});

afterAll(() => redis.kill());

function reading(number: number): TimedBalance {
  const total = BigInt(number);
  return {
    balance: {
      availableMinor: total,
      heldMinor: 1n,
      totalMinor: total + 1n,
      inTransitMinor: 0n,
      grantedMinor: 0n,
    },
    asOfMs: number,
  };
}

describe('balances in Redis', () => {
  const deferred: string[] = [];
  const stores: RedisBalanceStore[] = [];
  const storeWith = (settings = LASTING): RedisBalanceStore => {
    const store = new RedisBalanceStore(
      redis.url,
      { deferred: (work) => void deferred.push(work) },
      settings,
    );
    stores.push(store);
    return store;
  };

  beforeEach(() => deferred.splice(0));

  afterEach(() => {
    for (const store of stores.splice(0)) store.onApplicationShutdown();
  });

  const leadOf = async (store: RedisBalanceStore, accountId: string): Promise<Lead> => {
    const asked = await store.ask(accountId);
    if (asked?.kind !== 'lead') throw new Error(`not the lead: ${asked?.kind}`);
    return asked.lead;
  };

  it('are kept, to the unit, with when they were read', async () => {
    const store = storeWith();
    const accountId = randomUUID();
    const large = {
      ...reading(5),
      balance: { ...reading(5).balance, totalMinor: 9_000_000_000_000_000_001n },
    };
    const lead = await leadOf(store, accountId);
    expect(await store.ask(accountId)).toEqual({ kind: 'wait' });
    await store.put(accountId, lead, large);
    expect(await store.ask(accountId)).toMatchObject({ kind: 'known', value: large });
  });

  it('are not overwritten by a reading that began earlier', async () => {
    const store = storeWith(FLEETING);
    const accountId = randomUUID();
    const [older, newer] = [await leadOf(store, accountId), await leadOf(store, accountId)];
    await store.put(accountId, newer, reading(2));
    await store.put(accountId, older, reading(1));
    expect(await storeWith().ask(accountId)).toMatchObject({ kind: 'known', value: { asOfMs: 2 } });
  });

  it('are not filled, after a flush, by a reading that began before it', async () => {
    const store = storeWith(FLEETING);
    const accountId = randomUUID();
    const before: Lead[] = [];
    for (let n = 0; n < 5; n += 1) before.push(await leadOf(store, accountId));
    await redis.command('FLUSHALL');
    const after = await leadOf(store, accountId);
    for (const lead of before) await store.put(accountId, lead, reading(1));
    await store.put(accountId, after, reading(2));
    for (const lead of before) await store.put(accountId, lead, reading(1));
    expect(await storeWith().ask(accountId)).toMatchObject({ kind: 'known', value: { asOfMs: 2 } });
  });

  it('are read once by a thousand readers of several instances', async () => {
    const accountId = randomUUID();
    let readings = 0;
    const take = async (): Promise<TimedBalance> => {
      readings += 1;
      return REAL_SURROUNDINGS.turn().then(() => reading(7));
    };
    const instances = Array.from({ length: 4 }, () => {
      const cache = new BalanceCache({ accountsMax: 10, ageMsMax: 600_000 });
      const shared = new SharedBalances({
        store: storeWith(),
        surroundings: REAL_SURROUNDINGS,
        settings: { followMsMax: 600_000 },
      });
      return () => cache.read(accountId, () => shared.read(accountId, take));
    });
    const all = await Promise.all(instances.flatMap((read) => Array.from({ length: 250 }, read)));
    expect(readings).toBe(1);
    expect(new Set(all.map(({ asOfMs }) => asOfMs))).toEqual(new Set([7]));
  });

  it('are not asked for while Redis may not be written, which is said once', async () => {
    const store = storeWith();
    await redis.command('REPLICAOF', '127.0.0.1', '1');
    try {
      for (let n = 0; n < 3; n += 1) expect(await store.ask(randomUUID())).toBeUndefined();
      expect(deferred).toEqual(['the connection to Redis for balances']);
      expect(store.isUp).toBe(false);
    } finally {
      await redis.command('REPLICAOF', 'NO', 'ONE');
    }
    expect(await store.ask(randomUUID())).toMatchObject({ kind: 'lead' });
    expect(store.isUp).toBe(true);
  });
});

describe('a service whose balances are shared over Redis', () => {
  let site: ServiceSite;
  let service: TestService;

  beforeAll(async () => {
    site = await sqliteSites.make(2);
    service = await startTestService({ ...site, settings: { HOTSPLIT_REDIS_URL: redis.url } });
    await service.rest.post('/v1/accounts', {
      id: 'acct',
      asset: 'USD/2',
      subAccounts: 4,
      initialBalance: '500',
    });
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  const isUp = async (): Promise<string | undefined> =>
    /hotsplit_redis_up\{use="balances"\} (\d)/.exec((await service.rest.get('/metrics')).text)?.[1];

  it('answers every reader while Redis is killed, comes back empty, is flushed and made read-only', async () => {
    const { rest } = service;
    let isOver = false;
    const statuses = new Map<number, number>();
    const shown = new Set<unknown>();
    let shownCount = 0;
    const readers = Array.from({ length: 16 }, async () => {
      while (!isOver) {
        const { status, body } = await rest.get('/v1/accounts/acct/balance?consistency=cached');
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        shown.add(body['total']);
        shownCount += 1;
      }
    });
    const untilDown = (): Promise<unknown> =>
      eventually('Redis is down for balances', async () => ((await isUp()) === '0' ? true : undefined));
    /** On a busy machine Redis may be too slow to be asked, so nothing here waits for it to be up. */
    const untilMoreRead = async (): Promise<void> => {
      const before = shownCount;
      await eventually('more was read', () => Promise.resolve(shownCount >= before + 200 ? true : undefined));
    };
    await untilMoreRead();
    await redis.kill();
    await untilDown();
    await untilMoreRead();
    await redis.begin();
    await untilMoreRead();
    await redis.command('FLUSHALL');
    await untilMoreRead();
    await redis.command('REPLICAOF', '127.0.0.1', '1');
    await untilDown();
    await untilMoreRead();
    await redis.command('REPLICAOF', 'NO', 'ONE');
    await untilMoreRead();
    isOver = true;
    await Promise.all(readers);
    expect([...statuses.keys()]).toEqual([200]);
    expect([...shown]).toEqual(['500']);
  });
});
