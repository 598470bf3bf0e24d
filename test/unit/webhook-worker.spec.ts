import type { WebhookWorkerParts } from '../../src/webhooks/webhook-worker';
import { type Receives, WebhookWorld } from '../models/webhook-world';
import { makeDirectoryImage } from '../../tools/sim/world/sim-directory';

const HOUR_MS = 3_600_000;

let image: Buffer;
let world: WebhookWorld;

beforeAll(async () => {
  image = await makeDirectoryImage();
});

afterEach(async () => {
  await world.end();
});

describe('what becomes of an event whose receiver', () => {
  it.each<readonly [string, Receives, object]>([
    ['takes it', () => 200, { tries: 1, status: 'delivered', answer: 'HTTP 200', afterHours: 0 }],
    [
      'fails three times',
      (request) => (request > 3 ? 204 : 500),
      { tries: 4, status: 'delivered', answer: 'HTTP 204', afterHours: 0 },
    ],
    [
      'redirects, once',
      (request) => (request > 1 ? 200 : 307),
      { tries: 2, status: 'delivered', answer: 'HTTP 200', afterHours: 0 },
    ],
    [
      'hangs, once',
      (request) => (request > 1 ? 200 : 'hang'),
      { tries: 2, status: 'delivered', answer: 'HTTP 200', afterHours: 0 },
    ],
    [
      'is away for a day',
      () => (world.nowMs - 1_000_000_000_000 > 24 * HOUR_MS ? 200 : 503),
      { tries: 12, status: 'delivered', answer: 'HTTP 200', afterHours: 28 },
    ],
    [
      'fails for good',
      () => 500,
      {
        ...{ tries: 20, status: 'pending', answer: 'HTTP 500', afterHours: 76 },
        disabled: 'it has not taken an event for three days',
      },
    ],
    [
      'redirects for good',
      () => 302,
      {
        ...{ tries: 20, status: 'pending', answer: 'HTTP 302', afterHours: 76 },
        disabled: 'it has not taken an event for three days',
      },
    ],
    [
      'answers 410',
      () => 410,
      { tries: 1, status: 'pending', answer: 'HTTP 410', afterHours: 0, disabled: 'it answered 410 Gone' },
    ],
    [
      'answers 410 to the second try',
      (request) => (request > 1 ? 410 : 500),
      { tries: 2, status: 'pending', answer: 'HTTP 410', afterHours: 0, disabled: 'it answered 410 Gone' },
    ],
  ])('%s', async (_, receives, expected) => {
    world = await WebhookWorld.make(image, receives);
    const beganMs = world.nowMs;
    world.happen();
    await world.run();
    const [delivery] = await world.deliveries();
    const { disabled } = await world.webhook();
    expect({
      tries: world.came.length,
      status: delivery?.state,
      answer: delivery?.answer,
      afterHours: Math.floor((world.nowMs - beganMs) / HOUR_MS),
      ...(disabled !== null && { disabled }),
    }).toEqual(expected);
    expect(delivery?.attempts).toBe(world.came.length);
    expect(new Set(world.came.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
    expect(world.disabled).toEqual(disabled === null ? [] : [disabled]);
    expect(
      (await world.directory.feed.unpublished(10)).map(({ changes }) => JSON.parse(changes) as object),
    ).toEqual(
      disabled === null
        ? []
        : [
            expect.objectContaining({
              ...{ type: 'webhook.disabled', webhook: { webhookId: world.webhookId, because: disabled } },
            }),
          ],
    );
  });
});

describe('a webhook that is disabled', () => {
  it('is told of once, however often that is said, and again when it was enabled in between', async () => {
    world = await WebhookWorld.make(image, () => 200);
    const { webhooks, feed } = world.directory;
    const change = async (disabled: string | null): Promise<void> => {
      const { revision } = await world.webhook();
      expect(await webhooks.change(world.webhookId, revision, { disabled })).toBe(true);
      // Another one who has read the same revision changes nothing, and tells of nothing.
      expect(await webhooks.change(world.webhookId, revision, { disabled: 'another' })).toBe(false);
    };
    await change('first');
    await change('second');
    await change(null);
    await change('third');
    const found = await feed.unpublished(10);
    expect(found.map(({ key }) => key)).toEqual(['@wh_1 2', '@wh_1 5']);
    await feed.forget(['@wh_1 2']);
    expect((await feed.unpublished(10)).map(({ key }) => key)).toEqual(['@wh_1 5']);
    await feed.forget(['@wh_1 5', 'wh_1 7']);
    expect(await feed.unpublished(10)).toEqual([]);
  });
});

describe('a receiver that takes nothing', () => {
  it('stops its own feed at the bound, and has everything when it is back', async () => {
    let isBack = false;
    world = await WebhookWorld.make(image, () => (isBack ? 200 : 500));
    world.happen(500);
    await world.turn();
    const sentFirst = new Set(world.came.map(({ id }) => id));
    // The page that reaches the bound is sent to its end.
    expect(sentFirst.size).toBe(100);
    for (let hours = 0; hours < 48; hours += 1) {
      world.nowMs += HOUR_MS;
      await world.turn();
    }
    expect(new Set(world.came.map(({ id }) => id))).toEqual(sentFirst);
    expect(await world.deliveries()).toHaveLength(100);
    isBack = true;
    world.came.length = 0;
    await world.run();
    expect(new Set(world.came.map(({ id }) => id))).toEqual(new Set(world.ids));
    expect(world.came).toHaveLength(500);
    expect((await world.deliveries()).every(({ state }) => state === 'delivered')).toBe(true);
  });
});

describe('an instance that dies while it sends', () => {
  it.each([
    ['before anything is sent', 'take'],
    ['between the requests and the record of them', 'record'],
    ['between the record and the cursor', 'advance'],
    ['between another try and the record of it', 'retried'],
  ] as const)('%s leaves what the next one sends, under the same ids', async (_, diesAt) => {
    world = await WebhookWorld.make(image, (request) => (request % 3 === 0 ? 500 : 200));
    world.happen(60);
    const die = (): Promise<never> => Promise.reject(new Error('killed'));
    const { webhooks } = world.directory;
    const store: WebhookWorkerParts['store'] = {
      record: (...args) => (diesAt === 'record' ? die() : webhooks.record(...args)),
      retried: (...args) => (diesAt === 'retried' ? die() : webhooks.retried(...args)),
      recorded: (...args) => webhooks.recorded(...args),
      due: (...args) => webhooks.due(...args),
      countPending: (...args) => webhooks.countPending(...args),
      lastTakenUs: (...args) => webhooks.lastTakenUs(...args),
      trim: (...args) => webhooks.trim(...args),
      change: (...args) => webhooks.change(...args),
      find: (...args) => webhooks.find(...args),
      noteGap: (...args) => webhooks.noteGap(...args),
    };
    if (diesAt === 'retried') await world.turn();
    world.nowMs += 10_000;
    const position = world.position;
    await expect(
      world.turn({
        store,
        ...(diesAt === 'take' && { cursor: { take: die, keeps: die, advance: die } }),
        ...(diesAt === 'advance' && {
          cursor: {
            take: () => Promise.resolve(new Map([['s0', { place: position, skip: 0 }]])),
            keeps: () => Promise.resolve(true),
            advance: die,
          },
        }),
      }),
    ).rejects.toThrow('killed');
    await world.run();
    const bodies = Map.groupBy(world.came, ({ id }) => id);
    expect([...bodies.keys()].sort()).toEqual(world.ids.sort());
    for (const sent of bodies.values()) expect(new Set(sent.map(({ body }) => body)).size).toBe(1);
    expect(await world.deliveries()).toHaveLength(60);
    expect((await world.deliveries()).every(({ state }) => state === 'delivered')).toBe(true);
  });
});
