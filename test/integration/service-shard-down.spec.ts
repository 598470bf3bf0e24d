import { createConnection } from 'mysql2/promise';
import { choosePlacement, routeRequest } from '../../src/ledger/routing';
import { eventually } from '../setup/eventually';
import { inTurns } from '../setup/in-turns';
import { type Answer, type RestClient, sumOf } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { mariadbSites, type ServiceSite } from '../setup/service-sites';
import { TcpRelay } from '../../tools/kernel/tcp-relay';

const ACCOUNT = 'spread-over-both';
const PLACEMENT = { epoch: 1, shards: choosePlacement(ACCOUNT, ['s0', 's1'], 8) };

/** More than there can be attempts to connect meanwhile, if a refusal costs none: those of probes that find it away. */
const REFUSED = 400;

/** One of two shards behind a network of our own; the directory and the other shard stay reachable throughout. */
describe('[mariadb] with one of two shards unreachable', () => {
  let site: ServiceSite;
  let proxy: TcpRelay;
  let service: TestService;
  let rest: RestClient;

  beforeEach(async () => {
    site = await mariadbSites.make(2);
    proxy = await TcpRelay.before(site.shards[1] as string);
    service = await startTestService({ ...site, shards: [site.shards[0] as string, proxy.url] });
    rest = service.rest;
    const created = await rest.createAccount({ id: ACCOUNT, subAccounts: 8, initialBalance: '80000' });
    expect(created.status).toBe(201);
  });

  afterEach(async () => {
    proxy.resume();
    await proxy.accept();
    await service.stop();
    await proxy.close();
    await site.drop();
  });

  const keysOn = (shard: string, count: number, prefix = 'k'): string[] => {
    const keys: string[] = [];
    for (let n = 0; keys.length < count; n += 1) {
      if (routeRequest(`${prefix}-${n}`, PLACEMENT, 8).shard === shard) keys.push(`${prefix}-${n}`);
    }
    return keys;
  };
  const deductAll = (keys: readonly string[]): Promise<Answer[]> =>
    inTurns(keys, 16, (key) => rest.deduct(ACCOUNT, key, 1));
  const expectUnavailable = (answer: Answer): void => {
    expect(answer.body).toMatchObject({ status: 503, code: 'SHARD_UNAVAILABLE' });
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  };
  const backAgain = (): Promise<true> =>
    eventually('the shard’s share succeeding again', async () => {
      const { status } = await rest.get('/readyz');
      const probe = await rest.deduct(ACCOUNT, keysOn('s1', 1, 'probe')[0] as string, 1);
      return status === 200 && probe.status < 300 ? true : undefined;
    });

  it('turns its share away with 503 and Retry-After, without an attempt for each, and serves the other share', async () => {
    const attempts = proxy.turnAway();
    expectUnavailable(await rest.deduct(ACCOUNT, keysOn('s1', 1)[0] as string, 1));

    const [refused, served] = await Promise.all([
      deductAll(keysOn('s1', REFUSED)),
      deductAll(keysOn('s0', 50)),
    ]);
    refused.forEach(expectUnavailable);
    expect(attempts()).toBeLessThan(REFUSED);
    expect(served.map(({ status }) => status)).toEqual(served.map(() => 201));
  });

  it('says in a batch which items were turned away, and carries the others out', async () => {
    await proxy.refuse();
    const keys = [...keysOn('s0', 5), ...keysOn('s1', 5)];
    const results = await rest.deductMany(
      keys.map((requestId) => ({ accountId: ACCOUNT, amount: 1, requestId })),
    );
    expect(results.map(({ status, error }) => error?.code ?? status)).toEqual([
      ...Array<string>(5).fill('succeeded'),
      ...Array<string>(5).fill('SHARD_UNAVAILABLE'),
    ]);
  });

  it('says in /readyz which one it is, and stays alive', async () => {
    await proxy.refuse();
    const ready = await rest.get('/readyz');
    expect([ready.status, ready.body]).toEqual([
      503,
      { status: 'unavailable', directory: 'up', shards: { s0: 'up', s1: 'down' } },
    ]);
    expect((await rest.get('/healthz')).status).toBe(200);
  });

  it.each([`/v1/accounts/${ACCOUNT}/balance`, `/v1/accounts/${ACCOUNT}/entries`])(
    'answers no half truth at %s',
    async (path) => {
      await proxy.refuse();
      expectUnavailable(await rest.get(path));
    },
  );

  it('never calls it insufficient funds when the missing shard may have the money', async () => {
    await proxy.refuse();
    const answer = await rest.deduct(ACCOUNT, keysOn('s0', 1)[0] as string, '70000');
    expectUnavailable(answer);
  });

  it('works on when it is back: what was refused succeeds, what had succeeded is a replay', async () => {
    const keys = [...keysOn('s0', 20), ...keysOn('s1', 20)];
    await deductAll(keys.slice(0, 30));
    await proxy.refuse();
    await deductAll(keys);
    await proxy.accept();
    await backAgain();

    const answers = await deductAll(keys);
    expect(answers.slice(0, 30).map(({ status }) => status)).toEqual(Array(30).fill(200));
    expect(answers.slice(30).map(({ status }) => status)).toEqual(Array(10).fill(201));
    expect(sumOf(await rest.entries(ACCOUNT))).toBe(80_000n - 41n);
    expect(await rest.available(ACCOUNT)).toBe(80_000n - 41n);
  });

  it('loses nothing when every connection is cut under load, again and again', async () => {
    const keys = Array.from({ length: 600 }, (_, n) => `load-${n}`);
    const answered: number[] = [];
    const load = inTurns(keys, 32, async (key, position) => {
      if (position % 100 === 50) proxy.cut();
      answered.push((await rest.deduct(ACCOUNT, key, 1)).status);
    });
    await load;
    expect([...new Set(answered)].filter((status) => ![200, 201, 503].includes(status))).toEqual([]);
    await backAgain();

    await deductAll(keys);
    const again = await deductAll(keys);
    expect(again.map(({ status }) => status)).toEqual(keys.map(() => 200));
    expect(await rest.available(ACCOUNT)).toBe(80_000n - 601n);
    expect(sumOf(await rest.entries(ACCOUNT))).toBe(80_000n - 601n);
  });

  it('counts a deduction once whose commit was carried out and whose answer was lost', async () => {
    const key = keysOn('s1', 1, 'lost')[0] as string;
    const lost = proxy.loseAnswerTo('COMMIT');
    const [first] = await Promise.all([rest.deduct(ACCOUNT, key, 5), lost]);
    const again = await rest.deduct(ACCOUNT, key, 5);

    expect([200, 201]).toContain(first.status);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(await rest.available(ACCOUNT)).toBe(79_995n);
    expect((await rest.entries(ACCOUNT)).filter(({ requestId }) => requestId === key)).toHaveLength(1);
  });

  it('answers the retry of a deduction with a replay when the shard went away right after its commit', async () => {
    const key = keysOn('s1', 1, 'lost')[0] as string;
    const gone = proxy.loseAnswerTo('COMMIT').then(() => proxy.refuse());
    const [first] = await Promise.all([rest.deduct(ACCOUNT, key, 5), gone]);
    expectUnavailable(first);
    await proxy.accept();
    await backAgain();

    const again = await rest.deduct(ACCOUNT, key, 5);
    expect([again.status, again.headers['idempotent-replayed']]).toEqual([200, 'true']);
    expect(await rest.available(ACCOUNT)).toBe(79_994n);
  });

  it('does not wait for ever on a shard that swallows every packet, and the other share does not wait at all', async () => {
    proxy.stall();
    // Both end while the shard goes on swallowing.
    const [stalled, served] = await Promise.all([deductAll(keysOn('s1', 8)), deductAll(keysOn('s0', 50))]);
    stalled.forEach(expectUnavailable);
    expect(served.map(({ status }) => status)).toEqual(served.map(() => 201));

    proxy.resume();
    await backAgain();
    const again = await deductAll(keysOn('s1', 8));
    expect(again.every(({ status }) => status === 201 || status === 200)).toBe(true);
    expect(await rest.available(ACCOUNT)).toBe(80_000n - 59n);
  });

  it('finishes creations that were cut off on the other shard, whatever waits for this one', async () => {
    const idOn = (shard: string): string =>
      ['a', 'b', 'c', 'd', 'e', 'f'].find(
        (id) => choosePlacement(id, ['s0', 's1'], 1)[0] === shard,
      ) as string;
    for (const shard of ['s1', 's0']) await rest.createAccount({ id: idOn(shard), initialBalance: '7' });
    await proxy.refuse();
    const database = await createConnection(site.shards[0] as string);
    // The second one was created while the directory's clock was a day ahead.
    for (const [shard, createdAtUs] of [
      ['s1', 1_000],
      ['s0', (Date.now() + 86_400_000) * 1_000],
    ] as const) {
      const cutOff = `UPDATE account SET creation = 'creating', created_at_us = ? WHERE account_id = ?`;
      await database.query(cutOff, [createdAtUs, idOn(shard)]);
    }
    await database.query('DELETE FROM sub_account WHERE account_id = ?', [idOn('s0')]);
    await database.query('DELETE FROM entry WHERE account_id = ?', [idOn('s0')]);
    await database.end();

    await eventually('the opening balance on the shard that is up', async () =>
      (await rest.available(idOn('s0'))) === 7n ? true : undefined,
    );
  });

  it('starts without it, and takes it in when it comes', async () => {
    await service.stop();
    await proxy.refuse();
    service = await startTestService({ ...site, shards: [site.shards[0] as string, proxy.url] });
    rest = service.rest;
    expectUnavailable(await rest.deduct(ACCOUNT, keysOn('s1', 1)[0] as string, 1));
    expect((await rest.deduct(ACCOUNT, keysOn('s0', 1)[0] as string, 1)).status).toBe(201);

    await proxy.accept();
    await backAgain();
    expect((await rest.deduct(ACCOUNT, keysOn('s1', 1)[0] as string, 1)).status).toBe(201);
  });
});

/** The directory lives on the first shard; accounts that are known go on without it. */
describe('[mariadb] with the directory’s answers delayed', () => {
  let site: ServiceSite;
  let proxy: TcpRelay;
  let service: TestService;
  let rest: RestClient;

  beforeEach(async () => {
    site = await mariadbSites.make(2);
    proxy = await TcpRelay.before(site.shards[0] as string);
    service = await startTestService({ ...site, settings: { HOTSPLIT_DIRECTORY: proxy.url } });
    rest = service.rest;
  });

  afterEach(async () => {
    await service.stop();
    await proxy.close();
    await site.drop();
  });

  it('creates an account that is being looked for at that moment', async () => {
    const lookup = proxy.holdAnswerTo(`account_id IN ('wanted')`);
    const early = rest.get('/v1/accounts/wanted');
    await lookup.held;
    const inserted = proxy.holdAnswerTo('INSERT INTO account');
    const creating = rest.createAccount({ id: 'wanted', initialBalance: '5' });
    await inserted.held;
    inserted.release();
    // The creation may or may not need another look at the directory; the early one must not be taken for it.
    setImmediate(lookup.release);

    expect((await creating).status).toBe(201);
    expect((await early).status).toBe(404);
    expect((await rest.get('/v1/accounts/wanted')).status).toBe(200);
    expect(await rest.available('wanted')).toBe(5n);
  });

  it('goes on with the accounts that it knows when the directory is gone, and knows no others', async () => {
    await rest.createAccount({ id: 'known', initialBalance: '5' });
    await rest.deduct('known', 'warm', 1);
    await proxy.refuse();
    expect((await rest.deduct('known', 'k', 1)).status).toBe(201);
    const unknown = await rest.deduct('unknown', 'k', 1);
    expect([unknown.status, unknown.body['code']]).toEqual([503, 'SHARD_UNAVAILABLE']);
    const created = await rest.createAccount({ id: 'new' });
    expect([created.status, created.body['code']]).toEqual([503, 'SHARD_UNAVAILABLE']);
    expect((await rest.get('/readyz')).body).toMatchObject({ status: 'unavailable', directory: 'down' });

    await proxy.accept();
    await eventually('the directory answering again', async () =>
      (await rest.get('/readyz')).status === 200 ? true : undefined,
    );
    expect((await rest.createAccount({ id: 'new' })).status).toBe(201);
    expect(await rest.available('known')).toBe(3n);
  });
});
