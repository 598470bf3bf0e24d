import { auditSite } from '../../tools/bench/audit/audit-site';
import type { EntryTable } from '../../tools/bench/growth/entry-table';
import { openEntryTable } from '../../tools/bench/growth/open-entry-table';
import { grow, type Growing } from '../../tools/bench/growth/grow';
import { ID_KINDS, REQUEST_IDS } from '../../tools/bench/growth/request-ids';
import { amountOf, Sequence } from '../../tools/bench/measure/requests';
import { Tally } from '../../tools/bench/measure/tally';
import { Cleanups } from '../../tools/kernel/cleanups';
import { prepareSite } from '../../tools/bench/stage/runtime';
import { createSite } from '../../tools/bench/stage/site';
import { serversIn } from '../../tools/bench/stage/store-kind';
import { exact } from '../../src/shards/database';
import { rawSql } from '../setup/raw-sql';
import { runBench } from '../setup/run-bench';
import { mysqlUnavailable } from '../setup/servers';

const ENTRIES = 2_500;
const SUB_ACCOUNTS = 8;

const STORES = [
  { mark: 'sqlite', store: 'sqlite' },
  { mark: 'mariadb', store: 'mariadb-2' },
  ...(mysqlUnavailable() === undefined ? ([{ mark: 'mysql', store: 'mysql-2' }] as const) : []),
] as const;

const CASES = STORES.flatMap((each) => ID_KINDS.map((ids) => ({ ...each, ids })));

describe.each(CASES)('[$mark] an account that the benchmark grows under $ids ids', ({ mark, store, ids }) => {
  const cleanups = new Cleanups();
  const printed: string[] = [];
  let growing: Growing;
  let tables: EntryTable[];

  beforeAll(async () => {
    const site = await createSite(store, serversIn(process.env), cleanups);
    const account = await prepareSite(site, SUB_ACCOUNTS);
    tables = await Promise.all(site.shards.map(({ location }) => openEntryTable(location)));
    const print = (line: string) => void printed.push(line);
    growing = { site, account, tables, ids, sequence: new Sequence(), tally: new Tally(), print };
    await grow(ENTRIES, growing);
    await grow(ENTRIES, growing);
  });

  afterAll(async () => {
    await Promise.all(tables.map((table) => table.close()));
    await cleanups.runAll();
  });

  it('has the entries that the engine would have written, under the same ids', async () => {
    const found = await onEachShard(`SELECT request_id, amount FROM entry WHERE kind = 'deduction'`);
    // Each time one position goes to the credit that covers it.
    const positions = Array.from({ length: 2 * ENTRIES + 1 }, (_, n) => n + 1).filter(
      (n) => n !== ENTRIES + 1,
    );
    const wanted = positions.map((position) => [REQUEST_IDS[ids](position), BigInt(amountOf(position))]);
    const entries = found.map(([id, amount]) => [String(id), exact(amount)]);
    expect(new Map(entries as [string, bigint][])).toEqual(new Map(wanted as [string, bigint][]));
    expect(found).toHaveLength(2 * ENTRIES);
  });

  it('has them on sub-accounts that live on their shard, and on all of these', async () => {
    const found = await onEachShard(
      `SELECT s.idx, COUNT(e.version) FROM sub_account s
       LEFT JOIN entry e ON e.account_id = s.account_id AND e.sub_account = s.idx AND e.kind = 'deduction'
       GROUP BY s.idx`,
    );
    const counts = found.map(([, count]) => Number(count));
    expect(counts).toHaveLength(SUB_ACCOUNTS);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2 * ENTRIES);
  });

  it('balances', async () => {
    const { site, tally } = growing;
    expect(await auditSite(site, tally.total)).toBe('balanced');
    expect(tally.total.count).toBe(2 * ENTRIES);
  });

  it('has its unique index back', async () => {
    const double = `INSERT INTO entry (account_id, created_at_us, sub_account, version, request_id, kind, amount, epoch, fingerprint)
      SELECT account_id, created_at_us, sub_account, version + 1000000, request_id, kind, amount, epoch, fingerprint
      FROM entry WHERE kind = 'deduction' LIMIT 1`;
    await expect(onEachShard(double)).rejects.toThrow(/unique|duplicate/i);
  });

  it('knows the size of its tables', async () => {
    for (const table of tables) expect((await table.size()).bytes).toBeGreaterThan(0);
  });

  async function onEachShard(sql: string) {
    const rows = [];
    for (const { location } of growing.site.shards) {
      const connection = await rawSql(location, mark);
      try {
        rows.push(...(await connection.run(sql)));
      } finally {
        await connection.close();
      }
    }
    return rows;
  }
});

describe('[mariadb] npm run bench -- growth', () => {
  it('measures each size beside an empty account, on servers of its own with a small pool', async () => {
    const { report } = await runBench(
      'growth',
      ...['--sizes', '0.05', '--pool-mib', '8', '--rounds', '1', '--seconds', '0.2', '--in-flight', '64'],
    );
    const names = report.runs.map(({ name }) => name);
    expect(names).toEqual([
      ...['ordered 0.05 M, beside: empty', 'ordered 0.05 M'],
      ...['random 0.05 M, beside: empty', 'random 0.05 M'],
    ]);
    for (const run of report.runs) expect(run).toMatchObject({ audit: 'balanced', errors: 0 });
    expect(report.runs[1]?.figures).toMatchObject({ entries: 50_000 });
    expect(report.runs[1]?.figures?.['table MiB']).toBeGreaterThan(8);
    expect(report.runs[2]?.figures).toMatchObject({ entries: 0 });
    expect(Object.keys(report.ratios)).toHaveLength(2);
    const own = report.machine.databases.filter((database) => database.includes('buffer pool 8 MB'));
    expect(own).toHaveLength(2);
  });
});
