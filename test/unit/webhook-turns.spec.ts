import { sweepDeleted } from '../../src/webhooks/sweep-deleted';
import { makeDirectoryImage } from '../../tools/sim/world/sim-directory';
import { WebhookTurns } from '../models/webhook-turns';

const HOUR_MS = 3_600_000;

let image: Buffer;
let turns: WebhookTurns;

beforeAll(async () => {
  image = await makeDirectoryImage();
});
beforeEach(async () => {
  turns = new WebhookTurns(image);
  await turns.open();
});
afterEach(() => {
  turns.end();
});

const idsSent = (): string[] => turns.sent.map(({ id }) => id);

describe('what was answered 410', () => {
  const enable = async (url: string): Promise<void> => {
    await turns.directory.webhooks.resume(turns.webhookId);
    await turns.change({ disabled: null, url });
  };

  it.each([
    ['at the first attempt', false],
    ['at a later attempt', true],
  ])('%s is sent when the webhook is enabled, refused again or not', async (_, isRetry) => {
    turns.happen(3);
    if (isRetry) {
      turns.receive = () => 500;
      await turns.turn();
      turns.nowMs += 10_000;
    }
    turns.receive = () => 410;
    await turns.turn();
    expect((await turns.webhook()).disabled).toBe('it answered 410 Gone');
    expect((await turns.deliveries()).map(({ state }) => state)).not.toContain('failed');
    await enable('https://example.com/500');
    turns.receive = () => 500;
    await turns.turn();
    await turns.change({ url: 'https://example.com/ok' });
    turns.nowMs += 10_000;
    turns.sent.length = 0;
    turns.receive = () => 200;
    await turns.turn();
    expect(idsSent().sort()).toEqual(turns.ids.sort());
    expect(new Set((await turns.deliveries()).map(({ state }) => state))).toEqual(new Set(['delivered']));
  });

  it('is sent again where the webhook was mended meanwhile, which is not disabled then', async () => {
    turns.happen(1);
    turns.receive = async () => {
      await turns.change({ url: 'https://example.com/new' });
      return 410;
    };
    await turns.turn();
    expect((await turns.webhook()).disabled).toBeNull();
    turns.receive = () => 200;
    turns.nowMs += 10_000;
    await turns.turn();
    expect((await turns.deliveries()).map(({ state }) => state)).toEqual(['delivered']);
  });

  it('is listed as delivered when another instance has delivered it', async () => {
    const { webhooks } = turns.directory;
    const delivery = { eventId: 'e', body: '{}', attempts: 1, answer: 'HTTP 410' };
    await webhooks.record(turns.webhookId, [{ ...delivery, state: 'pending', againMs: 5_000 }]);
    await webhooks.record(turns.webhookId, [
      { ...delivery, answer: 'HTTP 200', state: 'delivered', againMs: null },
    ]);
    await webhooks.record(turns.webhookId, [{ ...delivery, state: 'pending', againMs: 5_000 }]);
    expect(await turns.deliveries()).toMatchObject([
      { state: 'delivered', answer: 'HTTP 200', nextAtUs: null },
    ]);
  });
});

describe('a change of a webhook holds for the next request', () => {
  it.each<readonly [string, () => Promise<void> | void]>([
    ['disabled', () => turns.change({ disabled: 'by an administrator' })],
    [
      'deleted',
      async () => {
        await turns.directory.webhooks.remove(turns.webhookId);
      },
    ],
  ])('when it is %s', async (_, change) => {
    turns.happen(200, 'a');
    turns.receive = async () => {
      if (turns.sent.length === 3) {
        await change();
        turns.known = await turns.directory.webhooks.find(turns.webhookId);
      }
      return 200;
    };
    await turns.turn();
    expect(turns.sent).toHaveLength(3);
    expect(turns.position).toBe(0);
  });

  it('when its address and filters are others', async () => {
    for (let each = 0; each < 20; each += 1) {
      turns.happen(1, 'a');
      turns.happen(1, 'b');
    }
    let sentBefore = 0;
    turns.receive = async () => {
      await new Promise((done) => setImmediate(done));
      if (turns.sent.length >= 3 && sentBefore === 0) {
        sentBefore = -1;
        await turns.change({ url: 'https://example.com/new', accountId: 'b' });
        turns.known = await turns.webhook();
        // What was begun by then is sent.
        await new Promise((done) => setImmediate(done));
        sentBefore = turns.sent.length;
      }
      return 200;
    };
    await turns.turn();
    await turns.turn();
    const late = turns.sent.slice(sentBefore);
    expect(late).not.toHaveLength(0);
    expect(new Set(late.map(({ url }) => url))).toEqual(new Set(['https://example.com/new']));
    expect(late.every(({ body }) => body.includes('"subject":"b"'))).toBe(true);
    expect(new Set(idsSent()).size).toBe(turns.sent.length);
    // Everything of b has come, be it before the change or after.
    expect(turns.sent.filter(({ body }) => body.includes('"subject":"b"'))).toHaveLength(20);
  });

  it('when another instance has changed its filters before an event was published that they let through', async () => {
    await turns.change({ accountId: 'b' });
    turns.happen(1, 'a');
    const known = { ...(await turns.webhook()), accountId: 'none' };
    await turns.turn({ current: () => known, seen: () => undefined });
    expect(turns.position).toBe(0);
  });
});

describe('a slow receiver', () => {
  it('ends a page early, of which nothing is sent again', async () => {
    turns.happen(50, 'a');
    turns.receive = () => {
      turns.nowMs += 1_500;
      return 200;
    };
    for (let each = 0; each < 10; each += 1) await turns.turn();
    expect(idsSent()).toEqual(turns.ids);
    expect(turns.position).toBe(50);
  });

  it('is not sent to by an instance that has lost the lease', async () => {
    turns.happen(50, 'a');
    turns.receive = () => {
      turns.hasLease = turns.sent.length < 3;
      return 200;
    };
    await turns.turn();
    expect(turns.sent).toHaveLength(3);
    expect(turns.position).toBe(0);
    turns.hasLease = true;
    turns.receive = () => 200;
    await turns.turn();
    expect(idsSent()).toEqual(turns.ids);
  });
});

describe('deliveries that are kept', () => {
  it('are a thousand, whatever comes', async () => {
    turns.happen(3_000);
    while (turns.position !== 3_000) {
      await turns.turn();
      expect((await turns.deliveries()).length).toBeLessThanOrEqual(1_050);
    }
  });
});

describe('an event that a receiver refuses for good', () => {
  it('is given up alone where the receiver takes others, and disables it where it takes nothing', async () => {
    turns.happen(1);
    const [odd] = turns.ids;
    turns.receive = ({ id }) => (id === odd ? 400 : 200);
    for (let hours = 0; hours < 80; hours += 1) {
      if (hours % 10 === 0) turns.happen(1);
      await turns.turn();
      turns.nowMs += HOUR_MS;
    }
    expect(turns.told).toEqual([`${odd} is given up`]);
    expect((await turns.webhook()).disabled).toBeNull();
    turns.happen(1);
    turns.receive = () => 400;
    for (let hours = 0; hours < 100; hours += 1) {
      await turns.turn();
      turns.nowMs += HOUR_MS;
    }
    expect((await turns.webhook()).disabled).toBe('it has not taken an event for three days');
    const states = (await turns.deliveries()).map(({ state }) => state);
    expect(states.filter((state) => state === 'failed')).toHaveLength(1);
    expect(states[0]).toBe('pending');
  });
});

describe('a webhook whose events were deleted before they were sent', () => {
  it('says so, and goes on with the oldest', async () => {
    turns.happen(2);
    turns.position = undefined;
    await turns.turn();
    expect(idsSent()).toEqual(turns.ids);
    expect(turns.told).toEqual(['a gap']);
    expect(Math.floor(((await turns.webhook()).missedAtUs ?? 0) / 1_000)).toBe(turns.nowMs);
  });
});

describe('what is left of a webhook that is deleted', () => {
  it('is forgotten, and nothing of others', async () => {
    const { webhooks, readers } = turns.directory;
    // What an instance records, and begins to read, that was just sending.
    const late = { eventId: 'late', body: '{}', state: 'delivered', attempts: 1, answer: '' } as const;
    for (const webhookId of ['gone', turns.webhookId])
      await webhooks.record(webhookId, [{ ...late, againMs: null }]);
    for (const name of ['webhook gone', `webhook ${turns.webhookId}`, 'levels'])
      await readers.begin(name, 'oldest');
    turns.nowMs += 2 * HOUR_MS;
    await readers.begin('webhook new', 'oldest');
    await sweepDeleted(turns.directory);
    expect(await webhooks.deliveries('gone', Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
    expect(await turns.deliveries()).toHaveLength(1);
    expect(await readers.find('webhook gone')).toBeUndefined();
    for (const name of ['webhook new', `webhook ${turns.webhookId}`, 'levels'])
      expect(await readers.find(name)).toBeDefined();
  });
});
