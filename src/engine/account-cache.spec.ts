import { accountRecord } from '../../test/models/account-record';
import { TestClock } from '../../test/models/test-clock';
import { promisesSettled } from '../../test/models/turns';
import type { AccountRecord } from '../shards/directory/account-record';
import { AccountCache, type AccountSource } from './account-cache';

describe('an account cache', () => {
  test('knows nothing it has not read, and then knows it', async () => {
    const { cache } = setUp();
    expect(cache.peek('acme')).toBeUndefined();
    expect(await cache.read('acme')).toMatchObject({ accountId: 'acme', revision: 1 });
    expect(cache.peek('acme')).toMatchObject({ accountId: 'acme', revision: 1 });
  });

  test('tells of an account that was created while a reading was under way that had missed it', async () => {
    const { cache, directory } = setUp();
    directory.gone.add('acme');
    const early = cache.read('acme');
    directory.gone.delete('acme');
    expect(await cache.read('acme')).toMatchObject({ accountId: 'acme' });
    expect(await early).toBeUndefined();
  });

  test('reads a record that has grown old again in the background, once, and answers meanwhile with the old one', async () => {
    const { cache, directory, clock } = setUp();
    await cache.read('acme');
    directory.revision = 2;
    clock.pass(2_000);
    expect(cache.peek('acme')).toMatchObject({ revision: 1 });
    expect(directory.reads).toHaveLength(1);

    clock.pass(1);
    expect(cache.peek('acme')).toMatchObject({ revision: 1 });
    expect(cache.peek('acme')).toMatchObject({ revision: 1 });
    expect(directory.reads).toHaveLength(2);
    await promisesSettled();
    expect(cache.peek('acme')).toMatchObject({ revision: 2 });
    expect(directory.reads).toHaveLength(2);
  });

  test('goes on with what it has while the directory is away, and asks it no more often for that', async () => {
    const { cache, directory, clock } = setUp();
    await cache.read('acme');
    directory.away = true;
    for (let turn = 0; turn < 5; turn += 1) {
      clock.pass(1_001);
      expect(cache.peek('acme')).toMatchObject({ revision: 1 });
      await promisesSettled();
    }
    expect(directory.reads).toHaveLength(3);

    directory.away = false;
    directory.revision = 7;
    clock.pass(2_001);
    cache.peek('acme');
    await promisesSettled();
    expect(cache.peek('acme')).toMatchObject({ revision: 7 });
  });

  test('tells those who must have the present record that the directory is away, and asks again next time', async () => {
    const { cache, directory } = setUp();
    directory.away = true;
    const both = await Promise.allSettled([cache.read('acme'), cache.read('acme')]);
    expect(both.map((each) => each.status)).toEqual(['rejected', 'rejected']);

    directory.away = false;
    expect(await cache.read('acme')).toMatchObject({ accountId: 'acme' });
  });

  test('does not remember that there is no such account, and forgets one that is gone', async () => {
    const { cache, directory } = setUp();
    directory.gone.add('acme');
    expect(await cache.read('acme')).toBeUndefined();
    expect(cache.peek('acme')).toBeUndefined();

    directory.gone.delete('acme');
    await cache.read('acme');
    expect(cache.peek('acme')).toBeDefined();

    directory.gone.add('acme');
    await cache.read('acme');
    expect(cache.peek('acme')).toBeUndefined();
  });

  test('keeps as many as it may, and drops the one that was read longest ago', async () => {
    const { cache } = setUp();
    for (const accountId of ['a', 'b', 'c', 'a', 'd']) await cache.read(accountId);
    expect(['a', 'b', 'c', 'd'].filter((accountId) => cache.peek(accountId))).toEqual(['a', 'c', 'd']);
  });

  test('keeps the accounts in use, however many others are read once', async () => {
    const { cache } = setUp();
    await cache.read('paying');
    for (let n = 0; n < 100; n += 1) {
      expect(cache.peek('paying')).toBeDefined();
      await cache.read(`read once ${n}`);
    }
    expect(cache.peek('paying')).toBeDefined();
  });

  test('drops an account although all of them are in use', async () => {
    const { cache } = setUp();
    const all = ['a', 'b', 'c', 'd'];
    for (const accountId of all) {
      await cache.read(accountId);
      for (const known of all) cache.peek(known);
    }
    expect(all.filter((accountId) => cache.peek(accountId))).toHaveLength(3);
  });
});

test("an account cache forgets past placements once their window is over by the directory's clock, an hour late because a failover may change it", async () => {
  const hourMs = 3_600_000;
  const past = [1, 2, 3].map((hour) => ({ shards: [`s${hour}`], fencedAtUs: hour * hourMs * 1_000 }));
  const record = accountRecord({ past, readAtUs: 13 * hourMs * 1_000 });
  const source = { findAccount: () => Promise.resolve(record) };
  const settings = { accountsMax: 1, refreshMs: 1, windowMs: 10 * hourMs };
  const cache = new AccountCache(source, settings, () => 0);
  expect((await cache.read('acme'))?.past).toEqual([past[2]]);
});

class Directory implements AccountSource {
  readonly reads: string[] = [];
  readonly gone = new Set<string>();
  away = false;
  revision = 1;

  findAccount(accountId: string): Promise<AccountRecord | undefined> {
    this.reads.push(accountId);
    if (this.away) return Promise.reject(new Error('the directory is away'));
    return Promise.resolve(
      this.gone.has(accountId) ? undefined : accountRecord({ accountId, revision: this.revision }),
    );
  }
}

function setUp() {
  const clock = new TestClock();
  const directory = new Directory();
  return {
    clock,
    directory,
    cache: new AccountCache(directory, { accountsMax: 3, refreshMs: 2_000, windowMs: 1_000_000_000 }, () =>
      clock.now(),
    ),
  };
}
