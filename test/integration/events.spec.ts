import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { eventually } from '../setup/eventually';
import { ADMIN_KEY } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, SITES, sqliteSites } from '../setup/service-sites';

interface Event {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly partitionkey: string;
  readonly sequence: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Page {
  readonly items: readonly Event[];
  readonly nextCursor: string;
  readonly hasMore: boolean;
}

describe.each(SITES)('[$mark] events', ({ make }) => {
  let site: ServiceSite;
  let service: TestService;

  beforeEach(async () => {
    site = await make(2);
    service = await startTestService({ ...site });
  });
  afterEach(async () => {
    await service.stop();
    await site.drop();
  });

  const page = async (query = ''): Promise<Page> => {
    const { status, text } = await service.rest.get(`/v1/events${query}`);
    if (status !== 200) throw new Error(text);
    return JSON.parse(text) as Page;
  };

  /** The whole feed, once it has so many events. */
  const all = (count: number, query = 'limit=7'): Promise<Event[]> =>
    eventually(`${count} events`, async () => {
      const events: Event[] = [];
      for (let next = await page(`?${query}`); ; next = await page(`?${query}&cursor=${next.nextCursor}`)) {
        events.push(...next.items);
        if (!next.hasMore) break;
      }
      return events.length >= count ? events : undefined;
    });

  it('tell of every entry once and in order for each sub-account, of any strategy', async () => {
    await service.rest.createAccount({ id: 'merged', subAccounts: 4, initialBalance: '1000' });
    await service.rest.createAccount({ id: 'atomic', strategy: 'atomic', initialBalance: '1000' });
    await service.rest.createAccount({ id: 'leased', strategy: 'leased', initialBalance: '1000' });
    const deduct = (id: string, n: number) =>
      service.rest.post(`/v1/accounts/${id}/deductions`, { amount: '1', requestId: `${id}-${n}` });
    await Promise.all(
      ['merged', 'atomic', 'leased'].flatMap((id) => Array.from({ length: 50 }, (_, n) => deduct(id, n))),
    );
    // The opening credits are entries too.
    const deductions = await all(153, 'limit=33&types=hotsplit.entry.created');
    const told = deductions.filter(({ data }) => data['kind'] === 'deduction');
    expect(new Set(told.map(({ data }) => data['requestId'])).size).toBe(150);
    expect(told).toHaveLength(150);
    for (const { type, subject, data } of told)
      expect([type, subject]).toEqual(['hotsplit.entry.created', data['accountId']]);
    for (const events of Map.groupBy(deductions, ({ partitionkey }) => partitionkey).values()) {
      const sequences = events.map(({ sequence }) => sequence);
      expect(sequences).toEqual([...new Set(sequences)].sort());
    }
    const { body } = await service.rest.get('/v1/accounts/merged/deductions/merged-7');
    expect(told.find(({ data }) => data['requestId'] === 'merged-7')?.data).toEqual(body);
  });

  it('tell of accounts: of their creation, and of each change that can be seen', async () => {
    await service.rest.createAccount({ id: 'a', initialBalance: '5', lowBalance: '3' });
    await service.rest.post('/v1/accounts/a/freeze', undefined);
    await service.rest.post('/v1/accounts/a/unfreeze', undefined);
    await service.rest.put('/v1/admin/accounts/a/strategy', { strategy: 'atomic' });
    await service.rest.ended(await service.rest.resize('a', { count: 3 }));
    // Closing it is tried, and it is as it was: nothing that can be seen has changed.
    expect((await service.rest.post('/v1/accounts/a/close', undefined)).status).toBe(409);
    const events = await all(6, 'types=hotsplit.account.created,hotsplit.account.changed&accountId=a');
    expect(
      events.map(({ type, data: { status, strategy, subAccounts, autoSplit } }) => [
        type,
        status,
        strategy,
        subAccounts,
        autoSplit,
      ]),
    ).toEqual([
      ['hotsplit.account.created', 'active', 'merged', 1, { enabled: true }],
      ['hotsplit.account.changed', 'frozen', 'merged', 1, { enabled: true }],
      ['hotsplit.account.changed', 'active', 'merged', 1, { enabled: true }],
      ['hotsplit.account.changed', 'active', 'atomic', 1, { enabled: true }],
      // A size that somebody asks for is kept from then on.
      ['hotsplit.account.changed', 'active', 'atomic', 1, { enabled: false }],
      ['hotsplit.account.changed', 'active', 'atomic', 3, { enabled: false }],
    ]);
    expect(events.map(({ sequence }) => Number(sequence))).toEqual([1, 2, 3, 4, 5, 6]);
    const { body } = await service.rest.get('/v1/accounts/a');
    expect(events.at(-1)?.data).toEqual(body);
  });

  it('tell of holds that expire', async () => {
    await service.rest.createAccount({ id: 'a', initialBalance: '5' });
    await service.rest.post('/v1/accounts/a/holds', { amount: '2', requestId: 'h', expiresInSeconds: 1 });
    const [event] = await all(1, 'types=hotsplit.hold.expired');
    expect(event).toMatchObject({ subject: 'a', data: { holdId: 'h', status: 'expired', amount: '2' } });
  });

  it('go on behind a cursor after a restart, with the same ids', async () => {
    await service.rest.createAccount({ id: 'a', initialBalance: '5' });
    const before = await all(2);
    const { nextCursor } = await page();
    await service.stop();
    service = await startTestService({ ...site });
    expect((await all(2)).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    await service.rest.post('/v1/accounts/a/credits', { amount: '1', requestId: 'c' });
    const after = await all(1, `limit=5&cursor=${nextCursor}`.replace('limit=5&', ''));
    expect(after.map(({ data }) => data['requestId'])).toEqual(['c']);
  });

  it('are for a key what its limits let it see', async () => {
    await service.rest.createAccount({ id: 'mine:a', initialBalance: '5' });
    await service.rest.createAccount({ id: 'other', initialBalance: '5' });
    await all(4);
    const made = await service.rest.post('/v1/admin/keys', {
      name: 'limited',
      scopes: ['read'],
      accounts: ['mine:'],
    });
    const limited = service.rest.as(String(made.body['key']));
    const { items } = (await limited.get('/v1/events')).body as unknown as Page;
    expect(new Set(items.map(({ subject }) => subject))).toEqual(new Set(['mine:a']));
    expect((await limited.get('/v1/events?accountId=other')).status).toBe(403);
    expect((await limited.get('/v1/events/stream?accountId=other')).status).toBe(403);
  });

  it.each(['cursor=x', 'types=hotsplit.none', 'limit=0', 'accountId=a b', 'from=x'])(
    'refuse what is malformed: %s',
    async (query) => {
      expect((await service.rest.get(`/v1/events?${encodeURI(query)}`)).body).toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    },
  );

  describe('as a stream', () => {
    /** Reads a stream until it has told of so much. */
    const follow = async (
      query: string,
      until: (text: string) => boolean,
      lastId?: string,
      key = ADMIN_KEY,
    ): Promise<string> => {
      const url = `${service.rest.url}/v1/events/stream${query}`;
      const headers = {
        authorization: `Bearer ${key}`,
        ...(lastId !== undefined && { 'last-event-id': lastId }),
      };
      return new Promise((resolve, reject) => {
        const request = get(url, { headers }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
            if (!until(text)) return;
            request.destroy();
            resolve(text);
          });
          response.on('end', () => {
            resolve(text);
          });
        });
        request.on('error', (error) => {
          reject(error);
        });
      });
    };
    const requestIds = (text: string): string[] =>
      [...text.matchAll(/^data: (.*)$/gm)].map(
        ([, json = '']) => (JSON.parse(json) as Event).data['requestId'] as string,
      );
    const lastIdOf = (text: string): string => [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '';

    it('tell of what happens, and go on behind the last id', async () => {
      await service.rest.createAccount({ id: 'a', initialBalance: '5' });
      await all(2);
      const types = 'types=hotsplit.entry.created';
      const begun = await follow(`?${types}`, (text) => text.includes('id: '));
      expect(requestIds(begun)).toEqual([]);
      const credit = (requestId: string) =>
        service.rest.post('/v1/accounts/a/credits', { amount: '1', requestId });
      await credit('c1');
      const first = await follow(`?${types}`, (text) => text.includes('c1"'), lastIdOf(begun));
      expect(requestIds(first)).toEqual(['c1']);
      await credit('c2');
      const second = await follow(`?${types}`, (text) => text.includes('c2"'), lastIdOf(first));
      expect(requestIds(second)).toEqual(['c2']);
      const whole = await follow(`?${types}&cursor=oldest`, (text) => text.includes('c2"'));
      expect(requestIds(whole).slice(-2)).toEqual(['c1', 'c2']);
    });

    const makeKey = async (): Promise<{ readonly path: string; readonly key: string }> => {
      const { body } = await service.rest.post('/v1/admin/keys', { name: 'reader', scopes: ['read'] });
      return { path: `/v1/admin/keys/${String(body['keyId'])}`, key: String(body['key']) };
    };
    const streams = (count: number) =>
      eventually(`${count} streams`, async () =>
        (await service.rest.get('/metrics')).text.includes(`hotsplit_event_streams ${count}\n`)
          ? true
          : undefined,
      );

    it('end when their key is deleted', async () => {
      const { path, key } = await makeKey();
      const streaming = follow('', () => false, undefined, key);
      await streams(1);
      expect((await service.rest.send('DELETE', path)).status).toBe(204);
      expect(await streaming).toContain(': begun');
      await streams(0);
    });

    it('tell a key that is limited meanwhile of its accounts alone, and end where they are about another', async () => {
      for (const id of ['mine:a', 'other']) await service.rest.createAccount({ id, initialBalance: '5' });
      await all(4);
      const { path, key } = await makeKey();
      const streaming = follow('', (text) => text.includes('mine-1"'), undefined, key);
      const ofOther = follow('?accountId=other', () => false, undefined, key);
      await streams(2);
      expect((await service.rest.put(path, { accounts: ['mine:'] })).status).toBe(200);
      for (const requestId of ['other-1', 'other-2', 'other-3'])
        await service.rest.post('/v1/accounts/other/credits', { amount: '1', requestId });
      await all(7);
      await service.rest.post('/v1/accounts/mine:a/credits', { amount: '1', requestId: 'mine-1' });
      expect(requestIds(await streaming)).toEqual(['mine-1']);
      expect(requestIds(await ofOther)).toEqual([]);
    });

    it('end when the service stops', async () => {
      const streaming = follow('', () => false);
      await eventually('the stream', async () =>
        (await service.rest.get('/metrics')).text.includes('hotsplit_event_streams 1') ? true : undefined,
      );
      await service.stop();
      expect(await streaming).toContain(': begun');
      service = await startTestService({ ...site });
    });
  });
});

describe('events of a service', () => {
  const { make } = sqliteSites;
  let site: ServiceSite;
  let service: TestService;

  afterEach(async () => {
    await service.stop();
    await site.drop();
  });

  it('are off by a setting, and told so', async () => {
    site = await make(1);
    service = await startTestService({ ...site, settings: { HOTSPLIT_EVENTS: 'off' } });
    await service.rest.createAccount({ id: 'a', initialBalance: '5' });
    for (const path of ['/v1/events', '/v1/events/stream'])
      expect(await service.rest.get(path)).toMatchObject({ status: 409, body: { code: 'EVENTS_OFF' } });
  });

  it('are streamed to so many readers and no more', async () => {
    site = await make(1);
    service = await startTestService({ ...site, settings: { HOTSPLIT_EVENT_STREAMS_MAX: '1' } });
    const url = `${service.rest.url}/v1/events/stream`;
    const request = get(url, { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
    request.on('error', () => undefined);
    await new Promise((resolve) => request.once('response', resolve));
    expect(await service.rest.get('/v1/events/stream')).toMatchObject({
      status: 503,
      body: { code: 'OVERLOADED' },
    });
    request.destroy();
    await eventually('room for another', async () =>
      (await service.rest.get('/metrics')).text.includes('hotsplit_event_streams 0') ? true : undefined,
    );
  });

  it('leave streams to other keys, however many one key wants', async () => {
    site = await make(1);
    service = await startTestService({ ...site, settings: { HOTSPLIT_EVENT_STREAMS_MAX: '4' } });
    const made = await service.rest.post('/v1/admin/keys', { name: 'greedy', scopes: ['read'] });
    const open = async (key: string) => {
      const request = get(`${service.rest.url}/v1/events/stream`, {
        headers: { authorization: `Bearer ${key}` },
      });
      request.on('error', () => undefined);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      return { request, status: response.statusCode };
    };
    const greedy = String(made.body['key']);
    const opened = [];
    // Alone, a key may have half of what there is.
    for (let n = 0; n < 4; n += 1) opened.push(await open(greedy));
    expect(opened.map(({ status }) => status)).toEqual([200, 200, 503, 503]);
    const other = await open(ADMIN_KEY);
    expect(other.status).toBe(200);
    for (const { request } of [...opened, other]) request.destroy();
  });
});
