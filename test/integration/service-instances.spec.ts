import { inTurns } from '../setup/in-turns';
import { type Answer, sumOf } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { mariadbSites, type ServiceSite } from '../setup/service-sites';

/** Two instances side by side on the same shards: whichever is asked, the answer is the same. */
describe('[mariadb] two instances on the same two shards', () => {
  let site: ServiceSite;
  let instances: readonly [TestService, TestService];
  let accounts = 0;

  beforeAll(async () => {
    site = await mariadbSites.make(2);
    // Both at once: the first start of an installation is a race for the migrations, too.
    instances = await Promise.all([startTestService(site), startTestService(site)]);
  });

  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await site.drop();
  });

  const one = () => instances[0].rest;
  const other = () => instances[1].rest;
  const either = (turn: number) => (turn % 2 === 0 ? one() : other());
  const funded = async (initialBalance: number, subAccounts = 8): Promise<string> => {
    const id = `account-${(accounts += 1)}`;
    const created = await one().createAccount({ id, subAccounts, initialBalance });
    expect(created.status).toBe(201);
    return id;
  };
  const tally = (values: readonly unknown[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1;
    return counts;
  };
  const count = (length: number): number[] => Array.from({ length }, (_, n) => n);

  it.each(['deductions', 'credits'])(
    'let one of fifty racing tries of a key through (%s); the others are replays of it',
    async (path) => {
      const id = await funded(1_000);
      const answers = await Promise.all(
        count(50).map((n) =>
          either(n).post(`/v1/accounts/${id}/${path}`, { amount: '7', requestId: 'the-one' }),
        ),
      );
      expect(tally(answers.map(({ status }) => status))).toEqual({ 201: 1, 200: 49 });
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect(tally(answers.map(({ headers }) => headers['idempotent-replayed']))).toEqual({
        undefined: 1,
        true: 49,
      });
      expect(await one().available(id)).toBe(path === 'deductions' ? 993n : 1_007n);
      expect(await other().entries(id)).toHaveLength(2);
    },
  );

  it('let one of two different requests under one key through, and name the reuse to the others', async () => {
    const id = await funded(1_000);
    const answers = await Promise.all(
      count(40).map((n) => either(n >> 1).deduct(id, 'k', n % 2 === 0 ? 7 : 8)),
    );
    const codes = tally(answers.map(({ status, body }) => body['code'] ?? status));
    expect(codes).toEqual({ 201: 1, 200: 19, IDEMPOTENCY_KEY_REUSED: 20 });
    const paid = answers.find(({ status }) => status === 201)?.body['amount'] as string;
    expect(await one().available(id)).toBe(1_000n - BigInt(paid));
  });

  it('create an account once when both are asked for it at once', async () => {
    for (const id of count(10).map((n) => `both-${n}`)) {
      const body = { id, subAccounts: 8, initialBalance: '100' };
      const answers = await Promise.all(count(8).map((n) => either(n).createAccount(body)));
      expect(tally(answers.map(({ status }) => status))).toEqual({ 201: 1, 200: 7 });
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect([await one().available(id), await other().available(id)]).toEqual([100n, 100n]);
      expect(await one().entries(id)).toHaveLength(1);
    }
  });

  it('create one of two different accounts of one id, and refuse the other', async () => {
    for (const id of count(10).map((n) => `either-${n}`)) {
      const answers = await Promise.all(
        count(8).map((n) => either(n).createAccount({ id, initialBalance: 1 + (n % 2) })),
      );
      expect(tally(answers.map(({ status }) => status))).toEqual({ 201: 1, 200: 3, 409: 4 });
      const winner = answers.findIndex(({ status }) => status === 201) % 2;
      expect(await other().available(id)).toBe(BigInt(1 + winner));
    }
  });

  it('carry out 2,000 deductions, a tenth of them sent to both, each exactly once', async () => {
    const id = await funded(1_000_000, 32);
    const keys = count(2_000).map((n) => `k-${n}`);
    const amountOf = (key: string): number => (Number(key.slice(2)) % 97) + 1;
    const sends = keys.flatMap((key, n) =>
      n % 10 === 0
        ? [
            { to: one, key },
            { to: other, key },
          ]
        : [{ to: n % 2 === 0 ? one : other, key }],
    );
    const answers = await inTurns(sends, 64, ({ to, key }) => to().deduct(id, key, amountOf(key)));

    expect(tally(answers.map(({ status }) => status))).toEqual({ 201: 2_000, 200: 200 });
    const byKey = new Map<string, Set<string>>();
    answers.forEach(({ text }, n) => {
      const key = sends[n]?.key ?? '';
      byKey.set(key, (byKey.get(key) ?? new Set()).add(text));
    });
    expect([...byKey.values()].every((texts) => texts.size === 1)).toBe(true);

    const entries = await other().entries(id);
    expect(
      entries
        .map(({ requestId }) => requestId)
        .filter((key) => key !== 'opening balance')
        .sort(),
    ).toEqual(keys.sort());
    const spent = keys.reduce((sum, key) => sum + BigInt(amountOf(key)), 0n);
    expect(await one().available(id)).toBe(1_000_000n - spent);
    expect(sumOf(entries)).toBe(1_000_000n - spent);
  });

  it('pay out together what there is, and no more', async () => {
    const id = await funded(300, 1);
    const answers = await inTurns(count(500), 64, (n) => either(n).deduct(id, `k-${n}`, 1));
    expect(tally(answers.map(({ status }) => status))).toEqual({ 201: 300, 422: 200 });
    expect(await one().available(id)).toBe(0n);
  });

  it('replay the deduction that took the last of the money, also on the instance that did not make it', async () => {
    const id = await funded(100, 1);
    const first = await one().deduct(id, 'last', 100);
    const retries: Answer[] = [await other().deduct(id, 'last', 100), await one().deduct(id, 'last', 100)];
    expect(first.status).toBe(201);
    expect(retries.map(({ status, text }) => [status, text])).toEqual([
      [200, first.text],
      [200, first.text],
    ]);
    expect((await other().deduct(id, 'more', 1)).body['code']).toBe('INSUFFICIENT_FUNDS');
  });

  it('let a key in that the other one made', async () => {
    const { body } = await one().post('/v1/admin/keys', { name: 'shared', scopes: ['read'] });
    const client = other().as(body['key'] as string);
    expect((await client.get('/v1/accounts')).status).toBe(200);
    expect((await client.createAccount({ id: 'refused' })).status).toBe(403);
  });

  it('read at once what the other one wrote', async () => {
    const id = await funded(1_000);
    for (const n of count(20)) {
      const made = await either(n).deduct(id, `k-${n}`, 1);
      expect((await either(n + 1).get(`/v1/accounts/${id}/deductions/k-${n}`)).body).toEqual(made.body);
      expect((await either(n + 1).entries(id, 1))[0]).toEqual(made.body);
      expect(await either(n + 1).available(id)).toBe(999n - BigInt(n));
    }
  });
});
