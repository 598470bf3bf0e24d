import { FENCE_MS_MAX } from '../../src/engine/runtime';
import { EngineSite } from '../setup/engine-site';
import { eventually } from '../setup/eventually';
import { expectAtRest } from '../setup/expect-at-rest';
import { rawSql } from '../setup/raw-sql';
import { STORES } from '../setup/stores';

const OPENING_MINOR = 6_000n;

/**
 * The directory was restored from a backup, and the rows have gone on without it: `hotsplit account repair` on real
 * databases. Every case of it is in `src/engine/operations/repair-job.spec.ts`.
 */
describe.each(STORES)('[$mark] an account whose record is older than its rows', (store) => {
  let site: EngineSite;

  beforeEach(async () => {
    site = await EngineSite.make(store, 3);
  });

  afterEach(async () => {
    await site.end();
  });

  it('is turned away and found by the audit until it is repaired, and then has every key and all its money', async () => {
    const before = await site.start();
    await before.create('acme', 2, OPENING_MINOR);
    const keys: string[] = [];
    const spend = async (n: number): Promise<void> => {
      for (const key of Array.from({ length: 6 }, (_, m) => `k${n}-${m}`)) {
        expect(await before.deduct('acme', key, 5n)).toMatchObject({ kind: 'applied' });
        keys.push(key);
      }
    };
    await spend(0);
    await before.whenSettled();
    const raw = await rawSql(site.directory, store.mark);
    await raw.run('CREATE TABLE backup_of_account AS SELECT * FROM account');
    const [[columns]] = (await raw.run(
      store.mark === 'sqlite'
        ? `SELECT group_concat(name) FROM pragma_table_info('account')`
        : `SELECT GROUP_CONCAT(column_name ORDER BY ordinal_position) FROM information_schema.columns
            WHERE table_schema = DATABASE() AND table_name = 'account' AND COALESCE(generation_expression, '') = ''`,
    )) as [[string]];

    await before.resizeSurely('acme', { subAccounts: 3, shards: ['s1', 's2'] });
    await spend(1);
    await before.resizeSurely('acme', { subAccounts: 2, shards: ['s2', 's0'] });
    await spend(2);
    await before.whenSettled();
    await site.stop(before);
    await raw.run('DELETE FROM account');
    await raw.run(`INSERT INTO account (${columns}) SELECT ${columns} FROM backup_of_account`);
    await raw.run('DROP TABLE backup_of_account');
    await raw.close();

    // With the service's own bound: nobody ever makes the placement known that this waits for.
    const impatient = await site.start({ fenceMsMax: FENCE_MS_MAX });
    const asked = { kind: 'deduct', requestId: 'turned away', amountMinor: 1n } as const;
    expect(await impatient.submitOnce('acme', asked)).toMatchObject({ kind: 'shardUnavailable' });
    await site.stop(impatient);

    const after = await site.start();
    const broken = (await after.audit()).findings.map(({ invariant }) => invariant);
    expect(broken).toContain('epochIsAnnounced');

    const begun = await after.operations.repair('acme');
    if (begun.kind !== 'started') throw new Error(`no repair was begun: ${begun.kind}`);
    const { operationId } = begun.operation;
    expect(await after.ended(operationId)).toMatchObject({ status: 'done', result: { lifted: true } });
    await eventually('rows that know their layout', async () =>
      (await after.operations.find(operationId))?.step === 'ended' ? true : undefined,
    );
    for (const key of keys) expect(await after.deduct('acme', key, 5n)).toMatchObject({ kind: 'replayed' });
    expect(await after.deduct('acme', 'since', 10n)).toMatchObject({ kind: 'applied' });
    await expectAtRest(after, 'acme', {
      totalMinor: OPENING_MINOR - 5n * BigInt(keys.length) - 10n,
      keys: [...keys, 'since'],
    });
  });
});
