import { eventually } from '../setup/eventually';
import { inTurns } from '../setup/in-turns';
import { KafkaBroker, kafkaUnavailable } from '../setup/kafka';
import type { RestClient } from '../setup/rest-client';
import { ServiceProcess } from '../setup/service-process';
import { mariadbSites, type ServiceSite } from '../setup/service-sites';

interface CloudEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly partitionkey: string;
  readonly sequence: string;
}

const TOPIC = 'happenings';

/** Everything that has happened, by the ids of the events, read until it has so many entries. */
async function feedOf(rest: RestClient, entriesCount: number): Promise<ReadonlyMap<string, CloudEvent>> {
  const events = new Map<string, CloudEvent>();
  let cursor = 'oldest';
  await eventually('the end of the feed', async () => {
    const { body } = await rest.get(`/v1/events?limit=1000&cursor=${cursor}`);
    const items = body['items'] as readonly CloudEvent[];
    for (const event of items) events.set(event.id, event);
    cursor = body['nextCursor'] as string;
    const entries = [...events.values()].filter(({ type }) => type === 'hotsplit.entry.created');
    return entries.length === entriesCount ? true : undefined;
  });
  return events;
}

const why = kafkaUnavailable();
const kafka = why === undefined ? describe : describe.skip;
const mark = why === undefined ? '[kafka]' : `[kafka] (not here: ${why})`;

/** The feed on a topic, compared with the feed as the API has it. */
kafka(`${mark} events`, () => {
  let broker: KafkaBroker;
  let site: ServiceSite;
  const running: ServiceProcess[] = [];

  beforeAll(async () => {
    broker = await KafkaBroker.start();
    site = await mariadbSites.make(2);
  });

  afterAll(async () => {
    await Promise.all(running.map((service) => service.end()));
    await site.drop();
    await broker.stop();
  });

  const start = async (settings: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> => {
    const service = await ServiceProcess.start({
      ...site,
      settings: {
        HOTSPLIT_KAFKA_BROKERS: broker.address,
        HOTSPLIT_KAFKA_EVENTS_TOPIC: TOPIC,
        ...settings,
      },
    });
    running.push(service);
    return service;
  };

  it('are all published, as CloudEvents, in order for each sub-account, whoever dies and whatever is away', async () => {
    await broker.makeTopic(TOPIC, 3);
    const publisher = await start({ HOTSPLIT_TEST_FAULT: 'kafka.published:crash:2' });
    const { rest } = await start({ HOTSPLIT_KAFKA_EVENTS: 'off', HOTSPLIT_KAFKA_EVENTS_TOPIC: '' });
    const accounts = ['a', 'b', 'c'];
    for (const id of accounts) await rest.createAccount({ id, subAccounts: 4, initialBalance: 10_000 });
    let key = 0;
    const deductSome = (): Promise<unknown> =>
      inTurns(
        Array.from({ length: 60 }, (_, n) => n),
        16,
        (n) => rest.deduct(accounts[n % 3] as string, `k${(key += 1)}`, 1),
      );

    // The first one dies when its second page is acknowledged and its cursor has not moved.
    let isDead = false;
    void publisher.exit.then(() => (isDead = true));
    await eventually('the end of the publisher', async () => {
      if (isDead) return true;
      await deductSome();
      return undefined;
    });
    await start();
    broker.kill();
    await deductSome();
    await broker.startAgain();
    await deductSome();

    const expected = await feedOf(rest, key + accounts.length);
    expect(expected.size).toBeGreaterThan(180);
    const published = await eventually('all events on the topic', async () => {
      const messages = await broker.read(TOPIC);
      const events = messages.map((message) => ({
        message,
        event: JSON.parse(String(message.value)) as CloudEvent,
      }));
      const ids = new Set(events.map(({ event }) => event.id));
      return [...expected.keys()].every((id) => ids.has(id)) ? events : undefined;
    });
    for (const { message, event } of published) {
      expect(message.key).toBe(event.subject);
      expect(message.headers['content-type']).toBe('application/cloudevents+json; charset=UTF-8');
    }
    // Nothing but what the API shows, and the same.
    for (const { event } of published) expect(event).toEqual(expected.get(event.id));
    expect(published.length).toBeGreaterThan(expected.size);

    const last = new Map<string, string>();
    const seen = new Set<string>();
    for (const { message, event } of published.sort(
      (one, other) =>
        one.message.partition - other.message.partition || Number(one.message.offset - other.message.offset),
    )) {
      expect(message.partition).toBeGreaterThanOrEqual(0);
      if (seen.has(event.id)) continue;
      seen.add(event.id);
      expect(event.sequence > (last.get(event.partitionkey) ?? '')).toBe(true);
      last.set(event.partitionkey, event.sequence);
    }
  });
});
