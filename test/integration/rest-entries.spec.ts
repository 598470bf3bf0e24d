import { type Entry, type Page, type RestClient, sumOf } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { mariadbSites, type ServiceSite, sqliteSites } from '../setup/service-sites';

/** An account's entries: newest first, one order over all its shards, pages that new entries do not disturb. */
describe.each([
  { ...sqliteSites, shardCount: 4 },
  { ...mariadbSites, shardCount: 2 },
])('[$mark] entries over $shardCount shards', ({ make, shardCount }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let accounts = 0;

  beforeAll(async () => {
    site = await make(shardCount);
    service = await startTestService(site);
    rest = service.rest;
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  const opened = async (): Promise<string> => {
    const id = `account-${(accounts += 1)}`;
    await rest.createAccount({ id, subAccounts: 8, initialBalance: '100000' });
    return id;
  };
  const deduct = async (id: string, count: number, prefix: string): Promise<void> => {
    const items = Array.from({ length: count }, (_, n) => ({
      accountId: id,
      amount: 1,
      requestId: `${prefix}-${n}`,
    }));
    const results = await rest.deductMany(items);
    expect(results.every(({ status }) => status === 'succeeded')).toBe(true);
  };
  const page = (id: string, query: string): Promise<Page<Entry>> =>
    rest.page(`/v1/accounts/${id}/entries${query}`);
  const keys = (entries: readonly Entry[]): string[] => entries.map(({ requestId }) => requestId);

  it('starts with an opening balance: a credit under a key that no user can send', async () => {
    const id = await opened();
    const [opening, ...others] = await rest.entries(id);
    expect(others).toEqual([]);
    expect(opening).toMatchObject({ kind: 'credit', amount: '100000', accountId: id });
    expect(opening?.requestId).toContain(' ');
  });

  it('come from every shard, each once, newest first, and add up to the balance', async () => {
    const id = await opened();
    await deduct(id, 40, 'a');
    await rest.credit(id, 'tip', 7);
    await deduct(id, 40, 'b');
    const entries = await rest.entries(id);

    expect(new Set(keys(entries)).size).toBe(82);
    expect(entries).toHaveLength(82);
    expect(new Set(entries.map(({ shard }) => shard)).size).toBe(shardCount);
    const times = entries.map(({ createdAt }) => createdAt);
    expect(times).toEqual([...times].sort().reverse());
    expect(entries.slice(0, 40).every(({ requestId }) => requestId.startsWith('b-'))).toBe(true);
    expect(sumOf(entries)).toBe(await rest.available(id));
  });

  it.each([1, 3, 7, 81, 82, 83])('are the same in pages of %i as in one', async (limit) => {
    const id = await opened();
    await deduct(id, 81, 'k');
    expect(await rest.entries(id, limit)).toEqual(await rest.entries(id));
  });

  it('give each entry the same form as the answer that made it', async () => {
    const id = await opened();
    const made = await rest.post(`/v1/accounts/${id}/deductions`, {
      amount: 5,
      requestId: 'k',
      reference: 'r',
      metadata: { a: 'b' },
    });
    expect((await rest.entries(id))[0]).toEqual(made.body);
  });

  it('keep their pages while new ones arrive', async () => {
    const id = await opened();
    await deduct(id, 60, 'old');
    const before = await rest.entries(id);

    const seen: Entry[] = [];
    let cursor: string | undefined = '';
    for (let turn = 0; cursor !== undefined; turn += 1) {
      const query = `?limit=9${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const first = await page(id, query);
      await deduct(id, 10, `new-${turn}`);
      // The first page starts at the newest entry of its moment; every other is tied to its cursor.
      if (turn > 0) expect(await page(id, query)).toEqual(first);
      seen.push(...first.items);
      cursor = first.nextCursor;
    }
    expect(seen).toEqual(before);
  });

  it('list whatever was acknowledged before, at once', async () => {
    const id = await opened();
    for (let turn = 0; turn < 20; turn += 1) {
      await rest.deduct(id, `k-${turn}`, 1);
      expect(keys((await page(id, '?limit=1')).items)).toEqual([`k-${turn}`]);
    }
  });

  it('list whatever was acknowledged before even while the service’s clock stands still', async () => {
    const id = await opened();
    const single = `single-${id}`;
    await rest.createAccount({ id: single, initialBalance: '100' });
    const stopped = jest.spyOn(Date, 'now').mockReturnValue(Date.now());
    try {
      // One shard has more to do than the others, and must not run ahead of their clocks.
      for (let turn = 0; turn < 10; turn += 1) await rest.deduct(single, `busy-${turn}`, 1);
      for (let turn = 0; turn < 20; turn += 1) await rest.deduct(id, `k-${turn}`, 1);
      expect(new Set(keys(await rest.entries(id))).size).toBe(21);
    } finally {
      stopped.mockRestore();
    }
  });

  it('are 50 a page unless said otherwise, and have no next page when there is none', async () => {
    const id = await opened();
    await deduct(id, 49, 'k');
    const exact = await page(id, '');
    expect([exact.items.length, exact.nextCursor]).toEqual([50, undefined]);
    await deduct(id, 1, 'l');
    const more = await page(id, '');
    expect([more.items.length, typeof more.nextCursor]).toEqual([50, 'string']);
    expect((await page(id, `?cursor=${String(more.nextCursor)}`)).items).toHaveLength(1);
  });

  it('are chosen by kind, also page by page', async () => {
    const id = await opened();
    await deduct(id, 5, 'k');
    await rest.credit(id, 'tip', 1);
    await deduct(id, 5, 'l');
    expect((await page(id, '?kind=credit')).items.map(({ kind }) => kind)).toEqual(['credit', 'credit']);
    const first = await page(id, '?kind=deduction&limit=6');
    const others = await page(id, `?kind=deduction&limit=6&cursor=${String(first.nextCursor)}`);
    expect(new Set(keys([...first.items, ...others.items])).size).toBe(10);
    expect(others.nextCursor).toBeUndefined();
  });

  it('are chosen by time: from is inclusive, to is exclusive, any offset is understood', async () => {
    const id = await opened();
    const all: Entry[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      all.unshift((await rest.deduct(id, `k-${turn}`, 1)).body as unknown as Entry);
    }
    const middle = all[3] as Entry;
    const at = Date.parse(middle.createdAt);
    const later = all.filter(({ createdAt }) => Date.parse(createdAt) >= at);
    const elsewhere = new Date(at + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30');

    expect(keys((await page(id, `?from=${middle.createdAt}`)).items)).toEqual(keys(later));
    expect(keys((await page(id, `?from=${encodeURIComponent(elsewhere)}`)).items)).toEqual(keys(later));
    expect(keys((await page(id, `?kind=deduction&to=${middle.createdAt}`)).items)).toEqual(
      keys(all.filter(({ createdAt }) => Date.parse(createdAt) < at)),
    );
    expect((await page(id, `?from=${middle.createdAt}&to=${middle.createdAt}`)).items).toEqual([]);
    expect((await page(id, '?from=2100-01-01T00:00:00Z')).items).toEqual([]);
    expect((await page(id, '?to=1969-12-31T23:59:59Z')).items).toEqual([]);
    expect((await page(id, '?to=9999-12-31T23:59:59Z')).items).toHaveLength(7);
  });
});
