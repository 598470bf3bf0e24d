import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { type RawSql, rawSql } from '../setup/raw-sql';
import { STORES } from '../setup/stores';

describe.each(STORES)('[$mark] an orderly stop', (store) => {
  let site: EngineSite;
  let raw: RawSql;

  beforeAll(async () => {
    site = await EngineSite.make(store, 1);
    raw = await rawSql(site.directory, store.mark);
  });
  afterAll(async () => {
    await raw.close();
    await site.end();
  });

  const leasesOf = async ({ runtime }: EngineInstance): Promise<string[]> => {
    const rows = await raw.run(
      'SELECT name FROM lease WHERE owner = ? AND name > ? ORDER BY name',
      runtime.instanceId,
      '',
    );
    return rows.map(([name]) => String(name));
  };

  it('gives back every lease, so that another instance goes on at once', async () => {
    const instance = await site.start();
    expect(await instance.runtime.durableCursor('webhook one', 30_000).take()).toBeDefined();
    const { leases } = instance.runtime.directory;
    for (const name of ['sweep', 'expiry of s0', 'rebalance a'])
      expect(await leases.acquire(name, instance.runtime.instanceId, 60_000)).toBe(true);
    expect(await leasesOf(instance)).toEqual(
      expect.arrayContaining(['expiry of s0', 'reader webhook one', 'rebalance a', 'sweep']),
    );
    await site.stop(instance);
    expect(await leasesOf(instance)).toEqual([]);
    const next = await site.start();
    expect(await next.runtime.durableCursor('webhook one', 30_000).take()).toBeDefined();
  });
});
