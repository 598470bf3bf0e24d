import { createHash } from 'node:crypto';
import { isAudited } from '../../src/audit-log/audited-call';
import { CALLS } from '../../src/contract/contract';
import { eventually } from '../setup/eventually';
import { GrpcClient } from '../setup/grpc-client';
import { ADMIN_KEY, type Page, type RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, SITES } from '../setup/service-sites';

interface Line {
  readonly sequence: number;
  readonly callId: string;
  readonly outcome: string;
  readonly actor: string;
  readonly address: string;
  readonly door: string;
  readonly action: string;
  readonly target?: string;
  readonly code?: string;
  readonly request?: unknown;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly previousHash: string;
  readonly hash: string;
}

const pageOf = async (rest: RestClient, query: string): Promise<readonly Line[]> =>
  ((await rest.get(`/v1/admin/audit-log?limit=1000&${query}`)).body as unknown as Page<Line>).items;

/** How each call that is audited is made once, by its name. What it comes to does not matter. */
const MADE: Readonly<Record<string, (rest: RestClient) => Promise<unknown>>> = {
  freezeAccount: (rest) => rest.post('/v1/accounts/acct/freeze', {}),
  unfreezeAccount: (rest) => rest.post('/v1/accounts/acct/unfreeze', {}),
  closeAccount: (rest) => rest.post('/v1/accounts/acct/close', {}),
  updateAccount: (rest) => rest.send('PATCH', '/v1/accounts/acct', { json: { lowBalance: '5' } }),
  createBudget: (rest) =>
    rest.post('/v1/accounts/acct/budgets', { budgetId: 'cap', limit: '5', period: 'day' }),
  changeBudget: (rest) => rest.patch('/v1/accounts/acct/budgets/cap', { limit: '6' }),
  deleteBudget: (rest) => rest.send('DELETE', '/v1/accounts/acct/budgets/cap'),
  listSubAccounts: (rest) => rest.get('/v1/admin/accounts/acct/sub-accounts'),
  resizeSubAccounts: (rest) => rest.put('/v1/admin/accounts/acct/sub-accounts', { count: 2 }),
  rebalance: (rest) => rest.post('/v1/admin/accounts/acct/rebalance', {}),
  repairAccount: (rest) => rest.post('/v1/admin/accounts/acct/repair', {}),
  setStrategy: (rest) => rest.put('/v1/admin/accounts/acct/strategy', { strategy: 'atomic' }),
  setAutoSplit: (rest) => rest.put('/v1/admin/accounts/acct/auto-split', { enabled: true, max: 4 }),
  listHotAccounts: (rest) => rest.get('/v1/admin/hot-accounts'),
  getOperation: (rest) => rest.get('/v1/admin/operations/made-up'),
  listOperations: (rest) => rest.get('/v1/admin/operations'),
  startAudit: (rest) => rest.post('/v1/admin/audits', {}),
  listAuditLog: (rest) => rest.get('/v1/admin/audit-log'),
  listShards: (rest) => rest.get('/v1/admin/shards'),
  registerShard: (rest) =>
    rest.post('/v1/admin/shards', { name: 's9', url: 'mysql://someone:hunter2@nowhere.invalid:3306/s9' }),
  removeShard: (rest) => rest.send('DELETE', '/v1/admin/shards/s9'),
  createKey: (rest) => rest.post('/v1/admin/keys', { name: 'payer', scopes: ['deduct'] }),
  listKeys: (rest) => rest.get('/v1/admin/keys'),
  changeKey: (rest) => rest.put('/v1/admin/keys/key_made_up', { scopes: ['read'] }),
  deleteKey: (rest) => rest.send('DELETE', '/v1/admin/keys/key_made_up'),
  createWebhook: (rest) => rest.post('/v1/admin/webhooks', { url: 'https://receiver.invalid/hooks' }),
  listWebhooks: (rest) => rest.get('/v1/admin/webhooks'),
  updateWebhook: (rest) => rest.patch('/v1/admin/webhooks/wh_made_up', { enabled: true }),
  deleteWebhook: (rest) => rest.send('DELETE', '/v1/admin/webhooks/wh_made_up'),
  rotateWebhookSecret: (rest) => rest.post('/v1/admin/webhooks/wh_made_up/rotate-secret', {}),
  listWebhookDeliveries: (rest) => rest.get('/v1/admin/webhooks/wh_made_up/deliveries'),
  redeliverWebhook: (rest) => rest.post('/v1/admin/webhooks/wh_made_up/deliveries/1/redeliver', {}),
};

describe.each(SITES)('[$mark] the audit log', ({ make }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;

  beforeAll(async () => {
    site = await make(2);
    service = await startTestService(site);
    rest = service.rest;
    await rest.post('/v1/accounts', { id: 'acct', asset: 'USD/2', subAccounts: 2, initialBalance: '100' });
  });
  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  const lines = (query: string, count: number): Promise<readonly Line[]> =>
    eventually(`${count} lines of ${query}`, async () => {
      const found = await pageOf(rest, `order=asc&${query}`);
      return found.length >= count ? found : undefined;
    });

  it('has lines of every call of administrators', async () => {
    const audited = CALLS.filter(isAudited).map(({ name }) => name);
    expect(Object.keys(MADE).sort()).toEqual([...audited].sort());
    for (const name of audited) {
      await MADE[name]?.(rest);
      const isRead = /^(get|list)/.test(name);
      const found = await lines(`action=${name}`, isRead ? 1 : 2);
      expect(found[0]).toMatchObject({
        actor: 'bootstrap',
        door: 'rest',
        address: expect.stringMatching(/127\.0\.0\.1$/) as string,
      });
      if (isRead) continue;
      expect(found[0]?.outcome).toBe('asked');
      expect(found[1]?.callId).toBe(found[0]?.callId);
      expect(['succeeded', 'refused', 'failed']).toContain(found[1]?.outcome);
    }
  });

  it('tells what changed, from what to what', async () => {
    await rest.post('/v1/accounts', { id: 'changed', asset: 'USD/2' });
    await rest.put('/v1/admin/accounts/changed/strategy', { strategy: 'cas' });
    await rest.post('/v1/accounts/changed/freeze', {}, { 'x-request-id': 'ticket-7' });
    const [asked, chosen, freezing, frozen] = await lines('target=changed', 4);
    expect(asked).toMatchObject({
      action: 'setStrategy',
      request: { accountId: 'changed', strategy: 'cas' },
      before: { strategy: 'merged', status: 'active' },
    });
    expect(chosen).toMatchObject({ outcome: 'succeeded', after: { strategy: 'cas' } });
    expect(freezing).toMatchObject({ action: 'freezeAccount', before: { status: 'active' } });
    expect(frozen).toMatchObject({ after: { status: 'frozen' }, requestId: 'ticket-7' });
  });

  it('tells of names in any script', async () => {
    const name = '支付 \u{1F511} "\\';
    expect((await rest.post('/v1/admin/keys', { name, scopes: ['read'] })).status).toBe(201);
    const all = await lines('action=createKey', 2);
    expect(
      all.filter(({ request }) => (request as { name?: string } | undefined)?.name === name),
    ).toHaveLength(1);
  });

  it('tells who was refused, and why', async () => {
    await rest.post('/v1/accounts/nobody-here/freeze', {});
    const [, refused] = await lines('target=nobody-here', 2);
    expect(refused).toMatchObject({ outcome: 'refused', code: 'ACCOUNT_NOT_FOUND' });
  });

  it('tells of keys that tried what they may not', async () => {
    const { body } = await rest.post('/v1/admin/keys', { name: 'narrow', scopes: ['read'] });
    const narrow = rest.as(body['key'] as string);
    const grpc = new GrpcClient(service.grpcAddress);
    for (let n = 0; n < 3; n += 1) {
      expect((await narrow.get('/v1/admin/keys')).status).toBe(403);
      await grpc.call('hotsplit.v1.AdminService/ListShards', {}, { key: body['key'] as string });
    }
    grpc.close();
    narrow.close();
    const denied = await lines(`actor=${String(body['keyId'])}`, 2);
    expect(denied).toMatchObject([
      { door: 'rest', action: 'listKeys', outcome: 'refused', code: 'PERMISSION_DENIED' },
      { door: 'grpc', action: 'listShards', outcome: 'refused', code: 'PERMISSION_DENIED' },
    ]);
  });

  it('tells of gRPC in the same words', async () => {
    const grpc = new GrpcClient(service.grpcAddress);
    const made = await grpc.call('hotsplit.v1.AdminService/CreateKey', { name: 'over-gRPC', scopes: [1, 2] });
    grpc.close();
    const { keyId, key } = (made as unknown as { readonly message: { keyId: string; key: string } }).message;
    const [asked, created] = (await lines('action=createKey&target=over-gRPC', 2)).slice(-2);
    expect(asked).toMatchObject({ door: 'grpc', request: { scopes: ['SCOPE_READ', 'SCOPE_DEDUCT'] } });
    expect(created).toMatchObject({ after: { keyId, key: '(secret)' } });
    expect(JSON.stringify([asked, created])).not.toContain(key);
  });

  it('has no secrets', async () => {
    const made = await rest.post('/v1/admin/keys', { name: 'secret-holder', scopes: ['read'] });
    for (const url of ['mysql:u:hunter2@h/x', 'mysql:///u:hunter2@h', 'postgres:user=x password=hunter2'])
      await rest.post('/v1/admin/shards', { name: 'mistyped', url });
    await lines('target=secret-holder', 2);
    const text = JSON.stringify(await pageOf(rest, 'order=asc'));
    for (const secret of [made.body['key'] as string, 'hunter2', ADMIN_KEY])
      expect(text).not.toContain(secret);
  });

  it('tells where a webhook sends, and names it', async () => {
    const { body } = await rest.post('/v1/admin/webhooks', {
      url: 'https://receiver.invalid/token',
      accountId: 'acct',
    });
    const webhookId = String(body['webhookId']);
    await rest.patch(`/v1/admin/webhooks/${webhookId}`, {
      url: 'https://elsewhere.invalid/',
      accountId: 'b',
    });
    const [made, asked, changed] = await lines(`target=${webhookId}`, 3);
    expect(made).toMatchObject({
      action: 'createWebhook',
      after: { url: 'https://receiver.invalid/*', secret: '(secret)' },
    });
    expect(asked).toMatchObject({
      request: { url: 'https://elsewhere.invalid/' },
      before: { url: 'https://receiver.invalid/*' },
    });
    expect(changed).toMatchObject({ after: { url: 'https://elsewhere.invalid/' } });
  });

  it('says so once when somebody reads again and again', async () => {
    for (let n = 0; n < 5; n += 1) await rest.get('/v1/admin/operations/read-again');
    await rest.post('/v1/accounts/marker/freeze', {});
    await lines('target=marker', 2);
    expect(await pageOf(rest, 'target=read-again')).toHaveLength(1);
    for (let n = 0; n < 5; n += 1) await rest.get('/v1/admin/accounts/changed/sub-accounts');
    await rest.post('/v1/accounts/marker/unfreeze', {});
    await lines('target=marker', 4);
    expect(await pageOf(rest, 'target=changed&action=listSubAccounts')).toHaveLength(1);
  });

  it('is one chain, whose hashes anybody can compute', async () => {
    const all = await pageOf(rest, 'order=asc');
    let before = '0'.repeat(64);
    for (const { hash, ...line } of all) {
      const sorted = JSON.stringify(line, (_name, value: unknown) =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
          : value,
      );
      expect(line.previousHash).toBe(before);
      expect(createHash('sha256').update(sorted).digest('hex')).toBe(hash);
      before = hash;
    }
    expect(all.length).toBeGreaterThan(30);
  });
});
