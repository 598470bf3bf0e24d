import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { type RawSql, rawSql } from '../setup/raw-sql';
import { STORES } from '../setup/stores';

const DAY_US = 86_400_000_000;
const LEASE_MS = 3_000;

/** A directory whose clock was ahead by a day when somebody took a lease or an operation, and is right again. */
describe.each(STORES)('[$mark] what was taken while the directory’s clock was ahead', (store) => {
  let site: EngineSite;
  let instance: EngineInstance;
  let raw: RawSql;

  beforeAll(async () => {
    site = await EngineSite.make(store, 1);
    instance = await site.start();
    raw = await rawSql(site.directory, store.mark);
  });

  afterAll(async () => {
    await raw.close();
    await site.end();
  });

  it('is a lease that another instance gets when its owner is gone', async () => {
    const { leases } = instance.runtime.directory;
    expect(await leases.acquire('work', 'gone', LEASE_MS)).toBe(true);
    expect(await leases.acquire('work', 'other', LEASE_MS)).toBe(false);
    await raw.run(`UPDATE lease SET until_us = until_us + ? WHERE name = 'work'`, DAY_US);
    expect(await leases.acquire('work', 'other', LEASE_MS)).toBe(true);
    expect(await leases.acquire('work', 'gone', LEASE_MS)).toBe(false);
  });

  it('is a lease that its owner keeps when it asks first', async () => {
    const { leases } = instance.runtime.directory;
    await leases.acquire('kept', 'owner', LEASE_MS);
    await raw.run(`UPDATE lease SET until_us = until_us + ? WHERE name = 'kept'`, DAY_US);
    expect(await leases.acquire('kept', 'owner', LEASE_MS)).toBe(true);
    expect(await leases.acquire('kept', 'other', LEASE_MS)).toBe(false);
  });

  it('is an operation that another instance takes up', async () => {
    const { operations } = instance.runtime.directory;
    const made = {
      operationId: 'op-ahead',
      kind: 'audit',
      accountId: null,
      step: 'asked',
      plan: {},
    } as const;
    await operations.insert({ ...made, runner: 'gone', leaseMs: LEASE_MS });
    const found = async () => (await operations.abandoned(10)).map(({ operationId }) => operationId);
    expect(await found()).toEqual([]);
    expect(await operations.claim('op-ahead', 'other', LEASE_MS)).toBe(false);
    await raw.run(
      `UPDATE operation SET runner_until_us = runner_until_us + ? WHERE operation_id = 'op-ahead'`,
      DAY_US,
    );
    expect(await found()).toEqual(['op-ahead']);
    expect(await operations.claim('op-ahead', 'other', LEASE_MS)).toBe(true);
    expect(await found()).toEqual([]);
    expect(await operations.claim('op-ahead', 'gone', LEASE_MS)).toBe(false);
  });
});
