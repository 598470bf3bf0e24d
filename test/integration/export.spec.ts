import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { parse } from 'csv-parse/sync';
import { eventually } from '../setup/eventually';
import { ADMIN_KEY, type Entry, type RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { mariadbSites, type ServiceSite, sqliteSites } from '../setup/service-sites';
import { CliSession } from '../unit/cli-session';

const HOSTILE = '=1+1,"\u001b[2J\r\n\u{1F4B8}';

/** What is exported is what the API lists: read back by readers that know nothing of how it was written. */
describe.each([sqliteSites, mariadbSites])('[$mark] an export', ({ make }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let cli: CliSession;
  let duckdb: DuckDBConnection;
  const accounts = Array.from({ length: 12 }, (_, n) => `tenant-${n % 2}:${n}`).sort();

  beforeAll(async () => {
    site = await make(3);
    service = await startTestService(site);
    ({ rest } = service);
    cli = new CliSession({ HOTSPLIT_URL: rest.url, HOTSPLIT_ADMIN_KEY: ADMIN_KEY });
    duckdb = await (await DuckDBInstance.create()).connect();
    for (const id of accounts) {
      await rest.createAccount({ id, subAccounts: 2, initialBalance: '1000000000000000000' });
      const reference = id === accounts[0] ? HOSTILE : `order of ${id}`;
      for (let n = 0; n < 4; n += 1)
        await rest.post(`/v1/accounts/${id}/deductions`, {
          amount: `${10 ** n}`,
          requestId: `d${n}`,
          ...(n % 2 === 0 && { reference, metadata: { 'a "key"': reference } }),
        });
      await rest.post(`/v1/accounts/${id}/deductions/d2/reversals`, { requestId: 'back', amount: '7' });
    }
    await eventually('the move', async () => {
      const asked = await rest.resize(accounts[0] ?? '', { count: 3, shards: ['s0', 's1', 's2'] });
      return (await rest.ended(asked)).status === 'done' ? true : undefined;
    });
    await rest.post(`/v1/accounts/${accounts[0] ?? ''}/deductions`, { amount: '3', requestId: 'moved' });
  });

  afterAll(async () => {
    duckdb.closeSync();
    cli.end();
    await service.stop();
    await site.drop();
  });

  const rowsOf = async (sql: string) => (await duckdb.runAndReadAll(sql)).getRowObjectsJson();

  /** Every entry as the API lists it, in the order of an export. */
  const listed = async () => {
    const all: Record<string, unknown>[] = [];
    for (const id of accounts) {
      let balance = 0n;
      const { items } = await rest.page<Entry & Record<string, string>>(
        `/v1/accounts/${id}/entries?order=asc&limit=100`,
      );
      for (const {
        amount,
        createdAt,
        kind,
        requestId,
        reverses,
        reference,
        metadata,
        shard,
        subAccount,
      } of items) {
        const change = (['credit', 'reversal'].includes(kind) ? 1n : -1n) * BigInt(amount);
        balance += change;
        all.push({
          ...{
            account_id: id,
            asset: 'USD/2',
            created_at: createdAt,
            kind,
            change: `${change}`,
            balance: `${balance}`,
          },
          ...{ request_id: requestId, reverses: reverses ?? null, hold_id: null, counterparty: null },
          ...{
            reference: reference ?? null,
            metadata: metadata === undefined ? null : JSON.stringify(metadata),
          },
          ...{ shard, sub_account: subAccount },
        });
      }
    }
    return all;
  };

  const exported = async (format: string, file: string, ...further: string[]) => {
    const path = join(site.folder, file);
    const run = await cli.run('export', '--format', format, '--out', path, '--json', ...further);
    expect([run.exitCode, run.err]).toEqual([0, '']);
    return { path, said: JSON.parse(run.out) as Record<string, unknown> };
  };

  it('is a Parquet file that DuckDB reads, entry by entry', async () => {
    const { path, said } = await exported('parquet', 'all.parquet');
    const expected = await listed();
    expect(said).toMatchObject({ accounts: 12, entries: expected.length, format: 'parquet' });
    const [first] = await rowsOf(`DESCRIBE SELECT created_at, change, sub_account FROM '${path}'`);
    expect(first).toMatchObject({ column_type: 'TIMESTAMP WITH TIME ZONE' });
    const found = await rowsOf(
      `SELECT * REPLACE (strftime(created_at AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS created_at) FROM '${path}'`,
    );
    expect(found).toEqual(expected);
    expect(existsSync(`${path}.partial`)).toBe(false);
  });

  it('is read by the queries of the documentation', async () => {
    const { path } = await exported('parquet', 'documented.parquet');
    const page = readFileSync(resolve(__dirname, '..', '..', 'docs', 'export.md'), 'utf8');
    const queries = [...page.matchAll(/```sql\n([^]*?)```/g)].map(([, sql = '']) =>
      sql.replaceAll('entries.parquet', path),
    );
    expect(queries).toHaveLength(2);
    const [byDay = [], broken] = await Promise.all(queries.map(rowsOf));
    expect(broken).toEqual([]);
    expect(byDay.reduce((sum, { entries }) => sum + Number(entries), 0)).toBe((await listed()).length);
    expect(byDay.at(-1)).toMatchObject({ account_id: accounts.at(-1), spent: '1111' });
  });

  it('has the same as lines of JSON and as CSV, in which no text is a formula', async () => {
    const expected = await listed();
    const { path: lines } = await exported('ndjson', 'all.ndjson');
    const entries = readFileSync(lines, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries.map(({ balance, reference = null }) => [balance, reference])).toEqual(
      expected.map(({ balance, reference }) => [balance, reference]),
    );
    const { path: csv } = await exported('csv', 'all.csv');
    const text = readFileSync(csv, 'utf8');
    const rows = parse<Record<string, string>>(text, { columns: true });
    expect(rows.map(({ change, request_id: key }) => [change, key])).toEqual(
      expected.map(({ change, request_id: key }) => [change, key]),
    );
    for (const { reference = '', metadata = '' } of rows)
      for (const each of [reference, metadata]) expect(each).not.toMatch(/^\s*[=+\-@]/);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it('has those that were asked for, and begins with the balance that the account had', async () => {
    const [id = ''] = accounts;
    const { items } = await rest.page<Entry>(`/v1/accounts/${id}/entries?order=asc&limit=100`);
    const [since = '', until = ''] = [items[2]?.createdAt, items.at(-1)?.createdAt];
    const { path, said } = await exported(
      'parquet',
      'some.parquet',
      '--account',
      id,
      '--since',
      since,
      '--until',
      until,
    );
    const wanted = items.filter(({ createdAt }) => createdAt >= since && createdAt < until);
    const whole = (await listed()).filter((entry) => entry['account_id'] === id);
    expect(said).toMatchObject({ accounts: 1, entries: wanted.length });
    expect(await rowsOf(`SELECT request_id, balance FROM '${path}'`)).toEqual(
      wanted.map(({ requestId }) => ({
        request_id: requestId,
        balance: whole.find((entry) => entry['request_id'] === requestId)?.['balance'],
      })),
    );
    expect((await exported('parquet', 'prefixed.parquet', '--prefix', 'tenant-1')).said['accounts']).toBe(6);
    const { path: empty } = await exported('parquet', 'empty.parquet', '--until', '2020-01-01');
    expect(await rowsOf(`SELECT count(*) AS n FROM '${empty}'`)).toEqual([{ n: '0' }]);
  });

  it('leaves nothing behind when it does not come to its end, and what was there as it was', async () => {
    const path = join(site.folder, 'kept.csv');
    writeFileSync(path, 'as it was');
    const ahead = await cli.run('export', '--format', 'csv', '--out', path, '--until', '2100-01-01');
    expect([ahead.exitCode, ahead.err]).toEqual([
      1,
      expect.stringContaining('INSTANT_NOT_SETTLED') as string,
    ]);
    expect([readFileSync(path, 'utf8'), existsSync(`${path}.partial`)]).toEqual(['as it was', false]);
    const nowhere = await cli.run('export', '--format', 'parquet');
    expect([nowhere.exitCode, nowhere.err]).toEqual([1, expect.stringContaining('--out') as string]);
  });
});
