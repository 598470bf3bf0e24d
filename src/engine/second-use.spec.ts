import { creditOf, deduction, requestAt } from '../../test/models/engine-requests';
import { EngineSite, type SiteInstance } from '../../test/models/engine-site';

const DAY_MS = 24 * 3_600_000;

let site: EngineSite;

beforeEach(async () => {
  site = await EngineSite.open(['a', 'b', 'c']);
});

afterEach(async () => {
  await site.close();
});

/** A credit of 100 on shards c and a, from where the account then moves to b and a; and all of it is spent. */
async function creditedAndMoved(): Promise<{ readonly instance: SiteInstance; readonly key: string }> {
  const account = await site.account({ subAccounts: 2, shards: ['c', 'a'] });
  const instance = site.instance();
  const key = requestAt('c', account);
  expect(await instance.submit(creditOf(key, 100n))).toMatchObject({ kind: 'applied', shard: 'c' });
  await site.resize(instance, { subAccounts: 2, shards: ['b', 'a'] });
  expect(await instance.submit(deduction('all', 100n))).toMatchObject({ kind: 'applied' });
  return { instance, key };
}

async function pass(instance: SiteInstance, days: number): Promise<void> {
  await site.world.time.sleep(days * DAY_MS);
  await instance.accounts.read('acme');
}

describe('the key of a spread credit, sent again after a move', () => {
  test('within the idempotency window is the first credit', async () => {
    const { instance, key } = await creditedAndMoved();
    await pass(instance, 29);
    expect(await instance.submit(creditOf(key, 100n))).toMatchObject({ kind: 'replayed', shard: 'c' });
    expect(site.world.total()).toBe(0n);
  });

  test('after it brings another credit, and all of its money arrives', async () => {
    const { instance, key } = await creditedAndMoved();
    await pass(instance, 31);
    expect(await instance.submit(creditOf(key, 100n))).toMatchObject({ kind: 'applied', shard: 'b' });
    expect({ total: site.world.total(), inRows: site.world.inRows() }).toEqual({ total: 100n, inRows: 100n });
    expect(await instance.submit(deduction('all again', 100n))).toMatchObject({ kind: 'applied' });
    expect(instance.observer.defects).toEqual([]);
  });
});
