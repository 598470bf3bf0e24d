import { readFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import {
  type DeductionResult,
  type Entry,
  HoldNotHeldError,
  HotsplitClient,
  InsufficientFundsError,
  NothingDoneError,
  RefusedError,
  UntrustedServerError,
} from '../../src/client';
import { ADMIN_KEY } from '../setup/rest-client';
import { ServiceProcess } from '../setup/service-process';
import { startTestService, type TestService } from '../setup/service';
import { mariadbSites, type ServiceSite, sqliteSites } from '../setup/service-sites';

const count = (length: number): number[] => Array.from({ length }, (_, n) => n);

describe('the client and a service on SQLite', () => {
  let site: ServiceSite;
  let service: TestService;
  let client: HotsplitClient;

  beforeAll(async () => {
    site = await sqliteSites.make(2);
    service = await startTestService(site);
    client = new HotsplitClient({ endpoints: service.rest.url, apiKey: ADMIN_KEY });
  });

  afterAll(async () => {
    await client.close();
    await service.stop();
    await site.drop();
  });

  it('deducts 5,000 one by one, each once, and lists them over several pages', async () => {
    await client.createAccount({ id: 'many', asset: 'USD/2', subAccounts: 8, initialBalance: 1_000_000n });
    const results = await Promise.all(
      count(5_000).map((n) => client.deduct({ accountId: 'many', amount: 1 + (n % 7) })),
    );
    const spent = results.reduce((sum, { amount }) => sum + amount, 0n);
    expect(spent).toBe(19_995n);
    expect((await client.balance('many')).available).toBe(1_000_000n - spent);
    const listed: Entry[] = [];
    for await (const entry of client.entries({ accountId: 'many', kind: 'deduction' })) listed.push(entry);
    expect(listed.map(({ requestId }) => requestId).sort()).toEqual(
      results.map(({ requestId }) => requestId).sort(),
    );
  });

  it('merges holds and their confirms into batches, each once', async () => {
    const accountId = 'reserved';
    await client.createAccount({ id: accountId, asset: 'USD/2', subAccounts: 8, initialBalance: 100_000n });
    const before = client.counters.tries;
    const taken = await Promise.all(
      count(600).map(async (n) => {
        const { holdId, status } = await client.hold({ accountId, amount: 10, expiresInSeconds: 3_600 });
        expect(status).toBe('held');
        const metadata = { tokens: String(n) };
        const { confirmedAmount = 0n } = await client.confirmHold({
          accountId,
          holdId,
          amount: 1 + (n % 10),
          metadata,
        });
        return { holdId, amount: confirmedAmount, metadata };
      }),
    );
    // One by one they are 1,200 calls.
    expect(client.counters.tries - before).toBeLessThan(200);
    expect(await client.balance(accountId)).toMatchObject({ available: 100_000n - 3_300n, held: 0n });
    const listed: object[] = [];
    for await (const { holdId, amount, metadata } of client.entries({ accountId, kind: 'hold-confirmation' }))
      listed.push({ holdId, amount, metadata });
    expect(listed).toHaveLength(600);
    expect(listed).toEqual(expect.arrayContaining(taken));
    const more = client.confirmHold({ accountId, holdId: 'none', amount: 1 });
    await expect(more).rejects.toMatchObject({ code: 'HOLD_NOT_FOUND', requestId: 'none' });
  });

  it('tells a refusal by its class, with what there is', async () => {
    await client.createAccount({ id: 'poor', asset: 'USD/2', initialBalance: 5 });
    const refused = client.deduct({ accountId: 'poor', amount: 6, requestId: 'r-1' });
    await expect(refused).rejects.toBeInstanceOf(InsufficientFundsError);
    await expect(refused).rejects.toMatchObject({ available: 5n, requestId: 'r-1', status: 422 });
    await client.credit({ accountId: 'poor', amount: '1' });
    expect(await client.deduct({ accountId: 'poor', amount: 6, requestId: 'r-1' })).toMatchObject({
      replayed: false,
    });
    expect((await client.deduct({ accountId: 'poor', amount: 6, requestId: 'r-1' })).replayed).toBe(true);
    const stranger = new HotsplitClient({ endpoints: service.rest.url, apiKey: 'no-such-key' });
    await expect(stranger.deduct({ accountId: 'poor', amount: 1 })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    await stranger.close();
  });

  describe('over TLS', () => {
    const file = (name: string): Buffer => readFileSync(join(__dirname, '../setup/tls', name));
    let terminating: Server;

    beforeAll(async () => {
      const secrets = { cert: file('localhost.crt'), key: file('localhost.key') };
      terminating = createServer(secrets, (outside) => {
        const inside = connect(Number(new URL(service.rest.url).port), '127.0.0.1');
        outside.on('error', () => inside.destroy());
        outside.pipe(inside).pipe(outside);
      });
      await new Promise<void>((listening) => terminating.listen(0, '127.0.0.1', listening));
      await client.createAccount({ id: 'tls', asset: 'USD/2', initialBalance: 100 });
    });

    afterAll(() => {
      terminating.close();
    });

    const secure = (host: string, ca?: Buffer): HotsplitClient =>
      new HotsplitClient({
        endpoints: `https://${host}:${(terminating.address() as AddressInfo).port}`,
        apiKey: ADMIN_KEY,
        timeoutMs: 2_000,
        ...(ca && { tls: { ca, servername: host } }),
      });

    it('takes the certificate of a private authority that it was given', async () => {
      const trusting = secure('localhost', file('localhost.crt'));
      expect((await trusting.deduct({ accountId: 'tls', amount: 1 })).amount).toBe(1n);
      expect((await trusting.balance('tls')).available).toBe(99n);
      await trusting.close();
    });

    it.each<[string, string, Buffer | undefined]>([
      ['of another authority', 'localhost', file('another-ca.crt')],
      ['of an authority that nobody named', 'localhost', undefined],
    ])('sends nothing to whoever shows a certificate %s, and says so', async (_, host, ca) => {
      const wary = secure(host, ca);
      const error: unknown = await wary
        .deduct({ accountId: 'tls', amount: 1, requestId: 'untrusted' })
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(NothingDoneError);
      const { cause } = error as NothingDoneError;
      expect(cause).toBeInstanceOf(UntrustedServerError);
      expect((cause as UntrustedServerError).message).toContain('certificate');
      await expect(client.deduction('tls', 'untrusted')).rejects.toMatchObject({ code: 'ENTRY_NOT_FOUND' });
      await wary.close();
    });
  });

  it('holds, confirms, cancels, reverses, looks up', async () => {
    const accountId = 'held';
    await client.createAccount({ id: accountId, asset: 'USD/2', initialBalance: 100 });
    const { holdId } = await client.hold({ accountId, amount: 40 });
    expect(await client.balance(accountId)).toMatchObject({ available: 60n, held: 40n, total: 100n });
    expect(await client.confirmHold({ accountId, holdId, amount: 25 })).toMatchObject({
      status: 'confirmed',
      confirmedAmount: 25n,
    });
    const again = client.hold({ accountId, amount: 40, requestId: holdId });
    await expect(again).rejects.toBeInstanceOf(HoldNotHeldError);
    await expect(again).rejects.toMatchObject({ hold: { status: 'confirmed', confirmedAmount: 25n } });
    expect((await client.cancelHold({ accountId, holdId: 'unknown' })).status).toBe('cancelled');
    await client.deduct({ accountId, amount: 10, requestId: 'd-1', metadata: { banner: '42' } });
    expect(await client.reverse({ accountId, reverses: 'd-1', amount: 4 })).toMatchObject({
      kind: 'reversal',
      reverses: 'd-1',
      amount: 4n,
    });
    expect(await client.deduction(accountId, 'd-1')).toMatchObject({
      amount: 10n,
      metadata: { banner: '42' },
    });
    expect((await client.balance(accountId, { consistency: 'snapshot' })).total).toBe(69n);
  });

  it('freezes, resizes and waits for it', async () => {
    const accountId = 'changed';
    await client.createAccount({ id: accountId, asset: 'USD/2', initialBalance: 100 });
    await client.freeze(accountId);
    await expect(client.deduct({ accountId, amount: 1 })).rejects.toMatchObject({ code: 'ACCOUNT_FROZEN' });
    expect((await client.unfreeze(accountId)).status).toBe('active');
    const { etag } = await client.account(accountId);
    const done = await client.waitFor(await client.resize({ accountId, count: 4, ifMatch: etag }));
    expect(done).toMatchObject({ kind: 'resize', status: 'done' });
    expect((await client.account(accountId)).subAccounts).toBe(4);
    await expect(client.closeAccount(accountId)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_EMPTY' });
  });
});

describe('[mariadb] the client and two instances of which one is killed', () => {
  let site: ServiceSite;
  let instances: readonly [ServiceProcess, ServiceProcess];

  beforeAll(async () => {
    site = await mariadbSites.make(2);
    instances = [await ServiceProcess.start(site), await ServiceProcess.start(site)];
  });

  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.end()));
    await site.drop();
  });

  it('counts every request id once', async () => {
    const endpoints = instances.map(({ rest }) => rest.url);
    const client = new HotsplitClient({ endpoints, apiKey: ADMIN_KEY, attemptTimeoutMs: 5_000 });
    await client.createAccount({ id: 'hot', asset: 'USD/2', subAccounts: 8, initialBalance: 1_000_000 });
    const results: DeductionResult[] = [];
    const rounds = count(64).map(async () => {
      for (let n = 0; n < 60; n += 1) {
        results.push(await client.deduct({ accountId: 'hot', amount: 1 }));
        if (results.length === 1_000) instances[0].signal('SIGKILL');
      }
    });
    await Promise.all(rounds);
    expect((await instances[0].exit).signal).toBe('SIGKILL');
    const ids = new Set(results.map(({ requestId }) => requestId));
    expect(ids.size).toBe(64 * 60);
    const entries: string[] = [];
    for await (const { requestId } of client.entries({ accountId: 'hot', kind: 'deduction' }))
      entries.push(requestId);
    expect(entries.sort()).toEqual([...ids].sort());
    expect((await client.balance('hot')).available).toBe(1_000_000n - BigInt(ids.size));
    await client.close();
    await expect(client.balance('hot')).rejects.not.toBeInstanceOf(RefusedError);
  });
});
