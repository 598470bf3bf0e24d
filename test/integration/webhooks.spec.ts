import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { HotsplitClient } from '../../src/client';
import { eventually } from '../setup/eventually';
import { GrpcClient } from '../setup/grpc-client';
import { ADMIN_KEY } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { ServiceProcess } from '../setup/service-process';
import { type ServiceSite, SITES } from '../setup/service-sites';
import { CliSession } from '../unit/cli-session';

interface Page {
  readonly items: readonly object[];
}

interface Came {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

describe.each(SITES)('[$mark] webhooks', ({ make }) => {
  let site: ServiceSite;
  let service: TestService;
  let receiver: Server;
  let base: string;
  const came: Came[] = [];
  /** By path: what is answered; 200 by default, and nothing at all where it is `hang`. */
  const answers = new Map<string, number | 'hang'>();
  const open: ServerResponse[] = [];

  beforeEach(async () => {
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        const path = request.url ?? '';
        came.push({ path, headers: request.headers as Record<string, string>, body });
        const answer = answers.get(path) ?? 200;
        if (answer === 'hang') open.push(response);
        else response.writeHead(answer, { location: '/elsewhere' }).end();
      });
    });
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
    base = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    site = await make(2);
    service = await startTestService({ ...site, settings: { HOTSPLIT_WEBHOOK_PRIVATE_ADDRESSES: 'on' } });
  });
  afterEach(async () => {
    await service.stop();
    await site.drop();
    receiver.closeAllConnections();
    await new Promise((done) => receiver.close(done));
    came.length = 0;
    open.length = 0;
    answers.clear();
  });

  const create = async (path: string, more: object = {}) => {
    const ask = () => service.rest.post('/v1/admin/webhooks', { url: `${base}${path}`, ...more });
    // A directory that is busy refuses for the moment, and nothing was done.
    const { status, body } = await eventually('a webhook', async () => {
      const answer = await ask();
      return answer.status === 503 ? undefined : answer;
    });
    expect(status).toBe(201);
    return body as { webhookId: string; secret: string };
  };
  /** Opens an account; what is told of that is published then, and not sent to webhooks that are made later. */
  const openAccount = async (id: string): Promise<void> => {
    await service.rest.createAccount({ id, initialBalance: '10' });
    await eventually(`the opening of ${id}`, async () => {
      const { items } = (await service.rest.get(`/v1/events?accountId=${id}`)).body as { items: unknown[] };
      return items.length >= 2 || undefined;
    });
  };
  /** What came to a path, once there is so much of it. */
  const sentTo = (path: string, count: number): Promise<Came[]> =>
    eventually(`${count} events at ${path}`, () => {
      const found = came.filter((each) => each.path === path);
      return Promise.resolve(found.length >= count ? found : undefined);
    });
  const deliveries = async (webhookId: string) =>
    (await service.rest.get(`/v1/admin/webhooks/${webhookId}/deliveries`)).body['items'] as {
      deliveryId: string;
      eventId: string;
      status: string;
      attempts: number;
      answer: string;
    }[];
  const spend = (id: string, requestId: string) =>
    service.rest.post(`/v1/accounts/${id}/deductions`, { amount: '1', requestId });

  it('send what is asked for, signed, and list what was sent', async () => {
    await openAccount('a');
    await openAccount('b');
    const { webhookId, secret } = await create('/a', { types: ['hotsplit.entry.created'], accountId: 'a' });
    await create('/all');
    await spend('b', 'd1');
    await spend('a', 'd2');
    const [event] = await sentTo('/a', 1);
    if (!event) throw new Error('nothing came');
    const verified = new Webhook(secret).verify(event.body, event.headers) as Record<string, object>;
    expect(verified).toMatchObject({
      type: 'hotsplit.entry.created',
      subject: 'a',
      data: { requestId: 'd2' },
    });
    expect(event.headers['webhook-id']).toBe(verified['id']);
    await sentTo('/all', 2);
    const listed = await eventually('the delivery in the list', async () => {
      const all = await deliveries(webhookId);
      return all.length > 0 ? all : undefined;
    });
    expect(listed).toMatchObject([{ eventId: verified['id'], status: 'delivered', answer: 'HTTP 200' }]);
    const { body } = await service.rest.get('/v1/admin/webhooks');
    expect(JSON.stringify(body)).not.toContain('whsec_');
    expect(came.filter(({ path }) => path === '/a')).toHaveLength(1);
  });

  it('go on where a receiver fails, try again, and send again what is asked for', async () => {
    await openAccount('a');
    answers.set('/a', 500);
    const { webhookId } = await create('/a');
    await spend('a', 'd1');
    const pending = await eventually('the failed delivery', async () => {
      const [one] = await deliveries(webhookId);
      return one;
    });
    expect(pending).toMatchObject({ status: 'pending', attempts: 1, answer: 'HTTP 500' });
    answers.set('/a', 307);
    const again = await service.rest.post(
      `/v1/admin/webhooks/${webhookId}/deliveries/${pending.deliveryId}/redeliver`,
      undefined,
    );
    expect(again.status).toBe(202);
    await sentTo('/a', 2);
    answers.set('/a', 200);
    await service.rest.post(
      `/v1/admin/webhooks/${webhookId}/deliveries/${pending.deliveryId}/redeliver`,
      undefined,
    );
    await eventually('the delivery', async () => {
      const [one] = await deliveries(webhookId);
      return one?.status === 'delivered' ? one : undefined;
    });
    const ids = came.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(1);
    expect(came.some(({ path }) => path === '/elsewhere')).toBe(false);
  });

  it('end where the receiver answers 410, and go on when they are enabled', async () => {
    await openAccount('a');
    answers.set('/a', 410);
    const { webhookId } = await create('/a');
    await create('/others', { types: ['hotsplit.webhook.disabled'] });
    await spend('a', 'd1');
    const disabled = await eventually('the end of the webhook', async () => {
      const { items } = (await service.rest.get('/v1/admin/webhooks')).body as {
        items: { enabled: boolean; disabledBecause?: string }[];
      };
      return items.find(({ enabled }) => !enabled);
    });
    expect(disabled.disabledBecause).toContain('410');
    expect((await service.rest.get('/metrics')).text).toContain('hotsplit_webhooks_disabled_total 1');
    const [told] = await sentTo('/others', 1);
    const event = JSON.parse(told?.body ?? '') as object;
    expect(event).toMatchObject({
      type: 'hotsplit.webhook.disabled',
      subject: webhookId,
      partitionkey: `@${webhookId}`,
      data: { webhookId, because: 'it answered 410 Gone' },
    });
    const ofAll = '/v1/events?types=hotsplit.webhook.disabled';
    expect((await service.rest.get(ofAll)).body['items']).toEqual([event]);
    // It concerns no account, so it is for keys that are limited to none.
    const { body: limited } = await service.rest.post('/v1/admin/keys', {
      ...{ name: 'limited', scopes: ['read'], accounts: ['a', 'wh_'] },
    });
    const limitedRest = service.rest.as(String(limited['key']));
    expect((await limitedRest.get(ofAll)).body['items']).toEqual([]);
    limitedRest.close();
    await spend('a', 'd2');
    answers.set('/a', 200);
    await service.rest.patch(`/v1/admin/webhooks/${webhookId}`, { enabled: true });
    await eventually('what happened meanwhile', () =>
      Promise.resolve(came.some(({ body }) => body.includes('"d2"')) || undefined),
    );
    await eventually('the delivery of what was answered 410', async () => {
      const listed = await deliveries(webhookId);
      return (listed.length >= 2 && listed.every(({ status }) => status === 'delivered')) || undefined;
    });
  });

  it('keep nobody waiting where a receiver does not answer', async () => {
    await openAccount('a');
    answers.set('/slow', 'hang');
    await create('/slow');
    await create('/fast');
    await spend('a', 'd1');
    await sentTo('/slow', 1);
    for (const requestId of ['d2', 'd3']) await spend('a', requestId);
    await sentTo('/fast', 3);
    expect(open).toHaveLength(1);
  });

  it('have a new secret at once and the old one for a while', async () => {
    await openAccount('a');
    const { webhookId, secret: old } = await create('/a');
    const rotated = await service.rest.post(`/v1/admin/webhooks/${webhookId}/rotate-secret`, undefined);
    const secret = String(rotated.body['secret']);
    expect(secret).not.toBe(old);
    await spend('a', 'd1');
    const [event] = await sentTo('/a', 1);
    if (!event) throw new Error('nothing came');
    for (const each of [secret, old]) new Webhook(each).verify(event.body, event.headers);
  });

  it('are made, changed and looked at over gRPC, with the client and by command', async () => {
    await openAccount('a');
    const client = new HotsplitClient({ endpoints: service.rest.url, apiKey: ADMIN_KEY });
    const grpc = new GrpcClient(service.grpcAddress);
    const cli = new CliSession({ HOTSPLIT_URL: service.rest.url, HOTSPLIT_KEY: ADMIN_KEY });
    try {
      const made = await client.createWebhook({ url: `${base}/client`, accountId: 'a' });
      const { webhookId } = made;
      const page = await cli.json<Page>('webhook', 'list');
      expect(page).toMatchObject({ items: [{ webhookId, url: `${base}/client`, accountId: 'a' }] });
      expect(JSON.stringify(page)).not.toContain('whsec_');
      await spend('a', 'd1');
      const [event] = await sentTo('/client', 1);
      if (!event) throw new Error('nothing came');
      new Webhook(made.secret).verify(event.body, event.headers);
      const listed = await eventually('the delivery in the list', async () => {
        const { items } = await cli.json<Page>('webhook', 'deliveries', webhookId);
        return items[0];
      });
      const { deliveryId } = listed as { deliveryId: string };
      expect(listed).toMatchObject({ status: 'delivered', answer: 'HTTP 200', attempts: 1 });
      expect(await cli.json('webhook', 'redeliver', webhookId, deliveryId)).toMatchObject({ exitCode: 0 });
      await sentTo('/client', 2);
      const admin = (method: string, message: object) =>
        grpc.call(`hotsplit.v1.AdminService/${method}`, message as Readonly<Record<string, unknown>>);
      expect(await admin('ListWebhookDeliveries', { webhookId })).toMatchObject({
        message: { items: [{ deliveryId, status: 'DELIVERY_STATUS_DELIVERED' }] },
      });
      const changed = await admin('UpdateWebhook', {
        ...{ webhookId, types: ['hotsplit.balance.low'], enabled: false },
      });
      expect(changed).toMatchObject({
        message: { webhook: { types: ['hotsplit.balance.low'], accountId: 'a', enabled: false } },
      });
      await admin('UpdateWebhook', { webhookId, updateMask: { paths: ['types', 'account_id'] } });
      const [plain] = await client.webhooks();
      expect(plain).toMatchObject({ webhookId, enabled: false, disabledBecause: 'by an administrator' });
      expect(plain).not.toHaveProperty('types');
      expect(plain).not.toHaveProperty('accountId');
      expect(await cli.json('webhook', 'change', webhookId, '--enable', '--to', `${base}/cli`)).toMatchObject(
        { enabled: true, url: `${base}/cli` },
      );
      const rotated = await cli.run('webhook', 'rotate-secret', webhookId);
      const [secret = ''] = /whsec_\S+/.exec(rotated.out) ?? [];
      expect(secret).not.toBe(made.secret);
      await spend('a', 'd2');
      const second = await eventually('the second deduction', () =>
        Promise.resolve(came.find(({ path, body }) => path === '/cli' && body.includes('"d2"'))),
      );
      new Webhook(made.secret).verify(second.body, second.headers);
      expect(await cli.run('webhook', 'delete', webhookId)).toMatchObject({ exitCode: 0, out: 'deleted\n' });
      expect(await client.webhooks()).toEqual([]);
      await expect(client.deleteWebhook(webhookId)).rejects.toMatchObject({ code: 'WEBHOOK_NOT_FOUND' });
      for (const part of [[], ['create'], ['change'], ['deliveries']])
        expect((await cli.run('webhook', ...part, '--help')).exitCode).toBe(0);
    } finally {
      cli.end();
      grpc.close();
      await client.close();
    }
  });

  it('have the address that is asked for, however it was written', async () => {
    const { webhookId } = await create('/a?b=c');
    await service.rest.patch(`/v1/admin/webhooks/${webhookId}`, { url: ' HTTPS:example.com/a\tb ' });
    const { items } = (await service.rest.get('/v1/admin/webhooks')).body as { items: { url: string }[] };
    expect(items[0]?.url).toBe('https://example.com/ab');
    const { body } = await service.rest.patch(`/v1/admin/webhooks/${webhookId}`, {
      url: `${base}/${'ü'.repeat(1_000)}`,
    });
    expect(JSON.stringify(body['errors'])).toContain('up to 2048 characters');
    const unknown = await service.rest.patch(`/v1/admin/webhooks/${webhookId}`, { url: null });
    expect(JSON.stringify(unknown.body['errors'])).toContain('of a webhook an https address');
  });

  it('are refused where they lead nowhere, and gone when they are deleted', async () => {
    for (const url of ['ftp://example.com', 'https://user:pw@example.com', 'https://example.com/#x', 'x'])
      expect((await service.rest.post('/v1/admin/webhooks', { url })).body).toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    const { webhookId } = await create('/a');
    const nothing = `/v1/admin/webhooks/${webhookId}/deliveries/77/redeliver`;
    expect((await service.rest.post(nothing, undefined)).body).toMatchObject({ code: 'DELIVERY_NOT_FOUND' });
    for (let number = 2; number <= 100; number += 1) await create(`/${number}`);
    const one = await service.rest.post('/v1/admin/webhooks', { url: `${base}/more` });
    expect(one.body).toMatchObject({ code: 'TOO_MANY_WEBHOOKS' });
    expect((await service.rest.send('DELETE', `/v1/admin/webhooks/${webhookId}`)).status).toBe(204);
    expect((await service.rest.get(`/v1/admin/webhooks/${webhookId}/deliveries`)).body).toMatchObject({
      code: 'WEBHOOK_NOT_FOUND',
    });
  });
});

describe.each(SITES.slice(0, 1))('[$mark] an instance that is killed while it sends', ({ make }) => {
  it('leaves what it has not recorded to the next one, under the same id', async () => {
    const site = await make(2);
    const came: Came[] = [];
    let isSilent = true;
    const receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        came.push({ path: request.url ?? '', headers: request.headers as Record<string, string>, body });
        if (!isSilent) response.end();
      });
    });
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const start = () =>
      ServiceProcess.start({ ...site, settings: { HOTSPLIT_WEBHOOK_PRIVATE_ADDRESSES: 'on' } });
    let instance = await start();
    try {
      await instance.rest.createAccount({ id: 'a', initialBalance: '10' });
      await instance.rest.post('/v1/admin/webhooks', { url, types: ['hotsplit.entry.created'] });
      await instance.rest.post('/v1/accounts/a/deductions', { amount: '1', requestId: 'd1' });
      const [first] = await eventually('the first request', () =>
        Promise.resolve(came.length > 0 ? came : undefined),
      );
      await instance.end('SIGKILL');
      isSilent = false;
      instance = await start();
      const id = first?.headers['webhook-id'];
      const [, again] = await eventually('the event once more', () => {
        const same = came.filter(({ headers }) => headers['webhook-id'] === id);
        return Promise.resolve(same.length > 1 ? same : undefined);
      });
      expect(again?.body).toBe(first?.body);
    } finally {
      await instance.end('SIGKILL');
      receiver.closeAllConnections();
      await new Promise((done) => receiver.close(done));
      await site.drop();
    }
  });
});

describe.each(SITES.slice(0, 1))('[$mark] webhooks without leave to go inside', ({ make }) => {
  it('name no receiver that can be seen to be inside', async () => {
    const site = await make(1);
    const service = await startTestService({ ...site });
    const inside = ['https://127.0.0.1/', 'https://[::1]/', 'https://localhost/', 'https://localhost./'];
    for (const url of ['http://example.com', ...inside])
      expect((await service.rest.post('/v1/admin/webhooks', { url })).status).toBe(400);
    await service.stop();
    await site.drop();
  });
});
