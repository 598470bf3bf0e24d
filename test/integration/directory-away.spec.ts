import { TcpRelay } from '../../tools/kernel/tcp-relay';
import { RestClient } from '../setup/rest-client';
import { createDatabase, mariadbUrls, type TestDatabase } from '../setup/servers';
import { startTestService, type TestService } from '../setup/service';
import { mariadbSites, type ServiceSite } from '../setup/service-sites';

const RECHECK_MS = 100;

/** Two instances; the first reaches the directory through a line that can be cut. */
describe('[mariadb] an instance that has lost the directory', () => {
  let site: ServiceSite;
  let directory: TestDatabase;
  let line: TcpRelay;
  let cutOff: TestService;
  let other: TestService;
  let payer: RestClient;

  beforeAll(async () => {
    site = await mariadbSites.make(2);
    directory = await createDatabase(mariadbUrls()[0] ?? '', 't_directory');
    line = await TcpRelay.before(directory.url);
    const settings = { HOTSPLIT_KEY_RECHECK_MS: String(RECHECK_MS) };
    other = await startTestService({ ...site, settings: { ...settings, HOTSPLIT_DIRECTORY: directory.url } });
    cutOff = await startTestService({ ...site, settings: { ...settings, HOTSPLIT_DIRECTORY: line.url } });
    for (const id of ['known', 'frozen meanwhile', 'unknown here'].map((name) => name.replaceAll(' ', '-')))
      await other.rest.post('/v1/accounts', { id, asset: 'USD/2', initialBalance: '1000000000' });
    const { body } = await other.rest.post('/v1/admin/keys', { name: 'payer', scopes: ['deduct'] });
    payer = new RestClient(cutOff.rest.url, String(body['key']));
    for (const id of ['known', 'frozen-meanwhile']) expect((await deduct(id, 'before')).status).toBe(201);
    await line.refuse();
  });

  afterAll(async () => {
    payer.close();
    await line.accept();
    await cutOff.stop();
    await other.stop();
    await line.close();
    await directory.drop();
    await site.drop();
  });

  const deduct = (id: string, requestId: string) =>
    payer.post(`/v1/accounts/${id}/deductions`, { amount: '1', requestId });

  it('serves the keys and accounts that it knows, long after they would have been looked up again', async () => {
    const until = performance.now() + 20 * RECHECK_MS;
    let calls = 0;
    while (performance.now() < until || calls < 20) {
      const { status } = await deduct('known', `call-${(calls += 1)}`);
      expect(status).toBe(201);
    }
  });

  it('refuses debits of an account that was frozen meanwhile: its rows say so', async () => {
    expect((await other.rest.post('/v1/accounts/frozen-meanwhile/freeze', {})).status).toBe(200);
    const { status, body } = await deduct('frozen-meanwhile', 'after the freeze'.replaceAll(' ', '-'));
    expect([status, body['code']]).toEqual([409, 'ACCOUNT_FROZEN']);
  });

  it('asks whoever it does not know to come again, and goes on for those it does', async () => {
    const strangers = Array.from(
      { length: 50 },
      (_, n) => new RestClient(cutOff.rest.url, `nobody-has-this-key-${n}`),
    );
    const told = await Promise.all(
      strangers.map((stranger) =>
        stranger.post('/v1/accounts/known/deductions', { amount: '1', requestId: 'x' }),
      ),
    );
    for (const stranger of strangers) stranger.close();
    expect(new Set(told.map(({ body }) => body['code']))).toEqual(new Set(['SHARD_UNAVAILABLE']));
    const unknown = await deduct('unknown-here', 'x');
    expect([unknown.status, unknown.body['code']]).toEqual([503, 'SHARD_UNAVAILABLE']);
    expect(unknown.headers['retry-after']).toBe('1');
    expect((await deduct('known', 'after strangers'.replaceAll(' ', '-'))).status).toBe(201);
  });

  it('refuses a key that was deleted meanwhile as soon as the directory answers again', async () => {
    const { body } = await other.rest.get('/v1/admin/keys');
    const [{ keyId } = { keyId: '' }] = body['items'] as { keyId: string }[];
    expect((await other.rest.send('DELETE', `/v1/admin/keys/${keyId}`)).status).toBe(204);
    await line.accept();
    for (let tries = 1; (await deduct('known', `deleted-${tries}`)).status !== 401; tries += 1)
      await new Promise((resolve) => setImmediate(resolve));
  });
});
