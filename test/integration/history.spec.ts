import { createHash } from 'node:crypto';
import { parseLocation } from '../../src/shards/shard-address';
import { eventually } from '../setup/eventually';
import { rawSql } from '../setup/raw-sql';
import type { Entry, Page, RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { mariadbSites, type ServiceSite, sqliteSites } from '../setup/service-sites';

interface TailedPage extends Page<Entry> {
  readonly hasMore: boolean;
}

/** What can be found of the past: accounts, entries and sums, while the account is used and moved. */
describe.each([sqliteSites, mariadbSites])('[$mark] history', ({ make, mark }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let accounts = 0;

  beforeAll(async () => {
    site = await make(4);
    service = await startTestService(site);
    rest = service.rest;
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  const opened = async (subAccounts = 4): Promise<string> => {
    const id = `account-${(accounts += 1)}`;
    await rest.createAccount({ id, subAccounts, initialBalance: '100000' });
    return id;
  };
  const post = async (path: string, json: object): Promise<void> => {
    // A busy machine may be slower than the service waits; the same request again is safe.
    await eventually(path, async () => {
      const { status, text } = await rest.post(path, json);
      if (status >= 500) return undefined;
      expect([status < 300, text]).toEqual([true, text]);
      return true;
    });
  };
  const deduct = (id: string, requestId: string, more: object = {}): Promise<void> =>
    post(`/v1/accounts/${id}/deductions`, { amount: '1', requestId, ...more });
  const move = async (id: string, count: number, shards: readonly string[]): Promise<void> => {
    // A move that a fence has given up, because it took too long, is asked for again.
    await eventually('the move', async () => {
      const { status } = await rest.ended(await rest.resize(id, { count, shards }));
      return status === 'done' ? true : undefined;
    });
  };

  describe('accounts', () => {
    const ids = async (query: string): Promise<string[]> => {
      const found: string[] = [];
      for (let cursor = ''; ;) {
        const { body } = await rest.get(`/v1/accounts?${query}${cursor}`);
        const { items, nextCursor } = body as unknown as Page<{ readonly id: string }>;
        found.push(...items.map(({ id }) => id));
        if (nextCursor === undefined) return found;
        cursor = `&cursor=${nextCursor}`;
      }
    };

    it('are found by the beginnings of their ids and by metadata, page by page', async () => {
      for (let n = 0; n < 7; n += 1) {
        await rest.createAccount({ id: `tenant-${n % 2}:${n}` });
        const metadata = { tier: n < 5 ? 'gold' : 'Gold', 'Größe [m]': `${n % 2}` };
        await rest.patch(`/v1/accounts/tenant-${n % 2}:${n}`, { metadata });
      }
      expect(await ids('prefix=tenant-1&limit=2')).toEqual(['tenant-1:1', 'tenant-1:3', 'tenant-1:5']);
      expect(await ids('metadata[tier]=gold&limit=2')).toEqual([
        'tenant-0:0',
        'tenant-0:2',
        'tenant-0:4',
        'tenant-1:1',
        'tenant-1:3',
      ]);
      const odd = `metadata[tier]=gold&metadata%5B${encodeURIComponent('Größe [m]')}%5D=1`;
      expect(await ids(odd)).toEqual(['tenant-1:1', 'tenant-1:3']);
      expect(await ids('metadata[tier]=gold&prefix=tenant-0')).toHaveLength(3);
      expect(await ids('metadata[tier]=silver')).toEqual([]);
    });

    it('are found by what they have now, and not by what they had', async () => {
      const id = await opened();
      const attach = (metadata: object | null) => rest.patch(`/v1/accounts/${id}`, { metadata });
      await attach({ owner: 'ann', kind: 'x' });
      await attach({ owner: 'bob' });
      expect(await ids('metadata[owner]=ann')).toEqual([]);
      expect(await ids('metadata[owner]=bob')).toEqual([id]);
      await attach(null);
      expect(await ids('metadata[owner]=bob')).toEqual([]);
    });

    it('are found whatever changes of them meet', async () => {
      const id = await opened();
      for (let round = 0; round < 5; round += 1) {
        await Promise.all(
          Array.from({ length: 8 }, (_, n) =>
            rest.patch(`/v1/accounts/${id}`, { metadata: { color: `c${n % 4}` } }),
          ),
        );
        const { body } = await rest.get(`/v1/accounts/${id}`);
        const { color = '' } = body['metadata'] as { color?: string };
        expect(await ids(`metadata[color]=${color}`)).toEqual([id]);
      }
    });

    it('are not shown to a key that is limited to others', async () => {
      const keyOf = async (accounts: readonly string[]) =>
        (await rest.post('/v1/admin/keys', { name: 'some', scopes: ['read'], accounts })).body[
          'key'
        ] as string;
      const limited = rest.as(await keyOf(['tenant-0']));
      const found = async (query: string) =>
        ((await limited.get(`/v1/accounts?${query}`)).body['items'] as { id: string }[]).map(({ id }) => id);
      expect(await found('prefix=tenant')).toEqual(['tenant-0:0', 'tenant-0:2', 'tenant-0:4', 'tenant-0:6']);
      expect(await found('prefix=tenant-1')).toEqual([]);
      expect(await found('metadata[tier]=gold')).toEqual(['tenant-0:0', 'tenant-0:2', 'tenant-0:4']);
    });
  });

  describe('entries', () => {
    const follow = async (id: string, cursor: string | undefined, query = 'limit=7') => {
      const keys: string[] = [];
      let position = cursor;
      for (;;) {
        const at = position === undefined ? '' : `&cursor=${position}`;
        const { body, status } = await rest.get(`/v1/accounts/${id}/entries?order=asc&${query}${at}`);
        expect(status).toBe(200);
        const { items, nextCursor, hasMore } = body as unknown as TailedPage;
        keys.push(...items.map(({ requestId }) => requestId));
        position = nextCursor;
        if (!hasMore) return { keys, cursor: position };
      }
    };

    it('are followed oldest first while the account is used and moves: each once, in order', async () => {
      const id = await opened();
      const sent: string[] = [];
      const seen: string[] = [];
      let cursor: string | undefined;
      const layouts = [
        [4, ['s0', 's1']],
        [6, ['s2', 's3']],
        [3, ['s1', 's2', 's3']],
      ] as const;
      for (const [round, [count, shards]] of layouts.entries()) {
        const moving = move(id, count, shards);
        for (let n = 0; n < 15; n += 1) {
          const requestId = `r${round}-${n}`;
          sent.push(requestId);
          await deduct(id, requestId);
          if (n % 4 !== 0) continue;
          const page = await follow(id, cursor);
          cursor = page.cursor;
          seen.push(...page.keys);
        }
        await moving;
      }
      const rest_ = await follow(id, cursor);
      seen.push(...rest_.keys);
      expect(seen.slice(1)).toEqual(sent);
      expect((await follow(id, rest_.cursor)).keys).toEqual([]);
    });

    it('are listed by reference, and of several kinds, in both orders', async () => {
      const id = await opened();
      for (let n = 0; n < 12; n += 1)
        await deduct(id, `d${n}`, n % 3 === 0 ? { reference: `order ${n % 2}` } : {});
      await rest.credit(id, 'c', 5);
      await post(`/v1/accounts/${id}/deductions/d1/reversals`, { requestId: 'back' });
      const listed = async (query: string) =>
        (await rest.page<Entry>(`/v1/accounts/${id}/entries?${query}`)).items.map(
          ({ requestId }) => requestId,
        );
      expect(await listed('reference=order%200')).toEqual(['d6', 'd0']);
      expect((await follow(id, undefined, 'reference=order%201&limit=1')).keys).toEqual(['d3', 'd9']);
      expect(await listed('kind=reversal,credit')).toEqual(['back', 'c', 'opening balance']);
      expect((await follow(id, undefined, 'kind=reversal,credit')).keys).toEqual([
        'opening balance',
        'c',
        'back',
      ]);
    });

    it('of every kind are found by their request ids, wherever the account has moved since', async () => {
      const id = await opened();
      const other = await opened(2);
      await deduct(id, 'd');
      await rest.credit(id, 'c', 5);
      await post(`/v1/accounts/${id}/deductions/d/reversals`, { requestId: 'back' });
      await post(`/v1/accounts/${id}/credits/c/reversals`, { requestId: 'charged-back', amount: '2' });
      await post(`/v1/accounts/${id}/holds`, { amount: '9', requestId: 'h' });
      await post(`/v1/accounts/${id}/holds/h/confirm`, { amount: '4', requestId: 'part', final: false });
      await post(`/v1/accounts/${id}/holds/h/confirm`, {});
      await post('/v1/transfers', { from: id, to: other, amount: '3', requestId: 't' });
      const kinds = {
        d: 'deduction',
        c: 'credit',
        back: 'reversal',
        'charged-back': 'credit-reversal',
        h: 'hold-confirmation',
        part: 'hold-confirmation',
        t: 'transfer-out',
      };
      const listed = new Map(
        (await rest.page<Entry>(`/v1/accounts/${id}/entries`)).items.map((entry) => [entry.requestId, entry]),
      );
      for (const [count, shards] of [
        [4, ['s0', 's1', 's2', 's3']],
        [3, ['s3', 's0', 's1']],
        [1, ['s2']],
      ] as const) {
        await move(id, count, shards);
        for (const [requestId, kind] of Object.entries(kinds)) {
          const { body, status } = await rest.get(`/v1/accounts/${id}/entries/${requestId}`);
          expect([status, body['kind'], body]).toEqual([200, kind, listed.get(requestId)]);
        }
      }
      expect((await rest.get(`/v1/accounts/${other}/entries/t`)).body).toMatchObject({
        kind: 'transfer-in',
        counterparty: id,
      });
      expect((await rest.get(`/v1/accounts/${id}/entries/nothing`)).body['code']).toBe('ENTRY_NOT_FOUND');
    });

    it('that several requests have the id of are told apart by what they belong to', async () => {
      const id = await opened();
      await deduct(id, 'd1');
      await deduct(id, 'd2');
      for (const each of ['d1', 'd2'])
        await post(`/v1/accounts/${id}/deductions/${each}/reversals`, { requestId: 'same' });
      const ambiguous = await rest.get(`/v1/accounts/${id}/entries/same`);
      expect(ambiguous.body).toMatchObject({
        code: 'INVALID_ARGUMENT',
        errors: [{ field: 'reverses' }, {}, {}],
      });
      const found = await rest.get(`/v1/accounts/${id}/entries/same?reverses=d2`);
      expect(found.body).toMatchObject({ kind: 'reversal', reverses: 'd2' });
    });
  });

  it('has statements whose opening balance and entries make the closing one, while the account is used and moves', async () => {
    const id = await opened();
    for (let n = 0; n < 10; n += 1) await deduct(id, `a${n}`);
    const { body: first } = await rest.get(`/v1/accounts/${id}/statement?limit=1000`);
    expect([first['opening'], first['closing'], first['openingAt']]).toEqual(['0', '99990', undefined]);
    const moving = move(id, 3, ['s1', 's2', 's3']);
    for (let n = 0; n < 10; n += 1) await deduct(id, `b${n}`);
    await moving;
    await rest.credit(id, 'c', 7);
    const begins = first['closingAt'] as string;
    const entries: Entry[] = [];
    let page = (await rest.get(`/v1/accounts/${id}/statement?limit=4&from=${begins}`)).body;
    const { opening, closing, closingAt } = page as { opening: string; closing: string; closingAt: string };
    for (;;) {
      entries.push(...(page['items'] as Entry[]));
      if (page['nextCursor'] === undefined) break;
      page = (await rest.get(`/v1/accounts/${id}/statement?limit=4&cursor=${page['nextCursor'] as string}`))
        .body;
    }
    expect([opening, closing]).toEqual(['99990', '99987']);
    expect(entries.map(({ requestId }) => requestId)).toEqual([
      ...Array.from({ length: 10 }, (_, n) => `b${n}`),
      'c',
    ]);
    await deduct(id, 'later');
    const again = await rest.get(`/v1/accounts/${id}/statement?from=${begins}&to=${closingAt}`);
    expect(again.body).toMatchObject({ opening, closing, closingAt, items: entries });
    const ahead = await rest.get(`/v1/accounts/${id}/statement?to=2100-01-01T00:00:00Z`);
    expect(ahead.body).toMatchObject({ code: 'INSTANT_NOT_SETTLED', errors: [{ field: 'to' }] });
  });

  it('has statements as CSV and as a page to print, in which nothing that callers wrote is obeyed', async () => {
    const id = await opened();
    const hostile = '=1+1</td><script>alert(1)</script>';
    for (let n = 0; n < 3; n += 1)
      await deduct(id, `d${n}`, { reference: hostile, metadata: { '<b>': hostile } });
    await move(id, 3, ['s1', 's2', 's3']);
    await deduct(id, 'moved');
    const document = (accept: string, query = '') =>
      rest.send('GET', `/v1/accounts/${id}/statement${query}`, { headers: { accept } });
    const csv = await document('text/csv');
    expect([csv.status, csv.headers['content-type'], csv.headers['content-disposition']]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
      `attachment; filename="statement-${id}.csv"`,
    ]);
    const rows = csv.text.split('\r\n').map((row) => row.split(','));
    expect(rows.map(([, kind, change, balance]) => [kind, change, balance])).toEqual([
      ['kind', 'change', 'balance'],
      ['opening', '', '0'],
      ['credit', '100000', '100000'],
      ...[99_999, 99_998, 99_997, 99_996].map((balance) => ['deduction', '-1', `${balance}`]),
      ['closing', '', '99996'],
      [undefined, undefined, undefined],
    ]);
    expect(csv.text).not.toContain(',=');
    const page = await document('text/html,application/xhtml+xml,*/*;q=0.8');
    expect([page.status, page.headers['content-type'], page.headers['x-content-type-options']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'nosniff',
    ]);
    expect(page.text).not.toContain('<script');
    const style = /<style>([^]*?)<\/style>/.exec(page.text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page.headers['content-security-policy']).toContain(
      `default-src 'none'; style-src 'sha256-${hash}';`,
    );
    const ranged = await document('text/csv', '?to=2020-01-01T00:00:00Z');
    expect(ranged.text.split('\r\n')).toHaveLength(4);
    const refused = await document('text/csv', '?limit=3');
    expect([refused.status, refused.body]).toEqual([
      400,
      expect.objectContaining({ errors: [expect.objectContaining({ field: 'limit' })] }),
    ]);
    const ahead = await document('text/html', '?to=2100-01-01T00:00:00Z');
    expect([ahead.status, ahead.body['code']]).toEqual([409, 'INSTANT_NOT_SETTLED']);
    expect((await document('application/json')).body['closing']).toBe('99996');
  });

  it('forgets running sums that the audit finds wrong, and makes them again', async () => {
    const id = await opened(1);
    const { items } = (await rest.get(`/v1/admin/accounts/${id}/sub-accounts`)).body as unknown as Page<{
      shard: string;
    }>;
    const address = site.shards[Number(items[0]?.shard.slice(1))] ?? '';
    const raw = await rawSql(parseLocation(address), mark);
    const kept = () => raw.run('SELECT sums FROM running_sum WHERE account_id = ?', id);
    const wrong =
      "INSERT INTO running_sum (account_id, created_at_us, sub_account, version, sums) VALUES (?, 1, 0, 1, 'credit 1 7')";
    await raw.run(wrong, id);
    expect((await rest.get(`/v1/accounts/${id}/statement`)).body['closing']).toBe('100007');
    const { result } = await rest.ended(await rest.post('/v1/admin/audits', {}));
    expect(result).toMatchObject({
      balanced: false,
      findings: [{ invariant: 'runningSumIsSumOfEntries', accountId: id }],
    });
    expect([await kept(), (await rest.get(`/v1/accounts/${id}/statement`)).body['closing']]).toEqual([
      [],
      '100000',
    ]);
    await raw.close();
  });

  it('says what an account had at any instant: the sum of its entries before it, while it is used, resized and moved', async () => {
    const id = await opened();
    const moving = [
      () => move(id, 7, ['s0', 's1']),
      () => move(id, 3, ['s1', 's2', 's3']),
      () => move(id, 1, ['s2']),
    ];
    for (const change of moving) {
      const changing = change();
      for (let n = 0; n < 8; n += 1)
        await deduct(id, `${moving.indexOf(change)}-${n}`, { amount: `${n + 1}` });
      await rest.credit(id, `c${moving.indexOf(change)}`, 1_000);
      await changing;
    }
    const entries = (await rest.page<Entry>(`/v1/accounts/${id}/entries?limit=100`)).items;
    expect(entries).toHaveLength(28);
    const totalBefore = (instant: string): number =>
      entries
        .filter(({ createdAt }) => createdAt < instant)
        .reduce((sum, { kind, amount }) => sum + (kind === 'credit' ? 1 : -1) * Number(amount), 0);
    for (const { createdAt } of entries) {
      for (const besideMs of [0, 1]) {
        const at = new Date(Date.parse(createdAt) + besideMs).toISOString();
        const { body } = await rest.get(`/v1/accounts/${id}/balance?at=${at}`);
        expect(body).toEqual({ accountId: id, asset: 'USD/2', total: `${totalBefore(at)}`, asOf: at });
      }
    }
    const ahead = await rest.get(`/v1/accounts/${id}/balance?at=2100-01-01T00:00:00Z`);
    expect([ahead.status, ahead.body]).toEqual([
      409,
      expect.objectContaining({
        code: 'INSTANT_NOT_SETTLED',
        errors: [expect.objectContaining({ field: 'at' })],
      }),
    ]);
    const settledAt = ahead.body['settledAt'] as string;
    expect((await rest.get(`/v1/accounts/${id}/balance?at=${settledAt}`)).body['total']).toBe(
      `${totalBefore('9')}`,
    );
    const both = await rest.get(`/v1/accounts/${id}/balance?at=2020-01-01T00:00:00Z&consistency=current`);
    expect(both.body).toMatchObject({ code: 'INVALID_ARGUMENT', errors: [{ field: 'consistency' }] });
  });

  it('sums entries up by kind and period over all shards', async () => {
    const id = await opened();
    for (let n = 0; n < 30; n += 1) await deduct(id, `d${n}`);
    await rest.credit(id, 'c', 25);
    await move(id, 3, ['s1', 's2', 's3']);
    await deduct(id, 'after');
    const { body } = await rest.get(`/v1/accounts/${id}/summary`);
    expect(body).toEqual({
      accountId: id,
      asset: 'USD/2',
      period: 'total',
      timeZone: 'UTC',
      entries: 33,
      change: '99994',
      items: [
        { kind: 'credit', count: 2, amount: '100025' },
        { kind: 'deduction', count: 31, amount: '31' },
      ],
    });
    const byHour = (await rest.get(`/v1/accounts/${id}/summary?period=hour&timeZone=Asia/Kolkata`)).body;
    const items = byHour['items'] as { period: string; count: number }[];
    expect(items.reduce((sum, { count }) => sum + count, 0)).toBe(33);
    expect(items.every(({ period }) => /^\d{4}-\d\d-\d\dT\d\d\+05:30$/.test(period))).toBe(true);
    const none = await rest.get(`/v1/accounts/${id}/summary?to=2020-01-01T00:00:00Z`);
    expect(none.body).toMatchObject({ entries: 0, change: '0', items: [] });
  });
});
