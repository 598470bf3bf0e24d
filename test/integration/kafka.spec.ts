import { createConnection } from 'mysql2/promise';
import { codecOf } from '../../src/api/grpc/wire';
import { eventually } from '../setup/eventually';
import { KafkaBroker, kafkaUnavailable, type TestMessage } from '../setup/kafka';
import { containing, includingFields } from '../setup/matching';
import type { RestClient } from '../setup/rest-client';
import { CliSession } from '../unit/cli-session';
import { ServiceProcess } from '../setup/service-process';
import { mariadbSites, type ServiceSite } from '../setup/service-sites';

const GROUP = 'hotsplit';
const DEAD_LETTERS = 'hotsplit.dead-letters';

const why = kafkaUnavailable();
const kafka = why === undefined ? describe : describe.skip;
const mark = why === undefined ? '[kafka]' : `[kafka] (not here: ${why})`;

/** The service as a process, or several of them, on a real broker. */
kafka(`${mark} the messages of the user's own topics`, () => {
  let broker: KafkaBroker;
  let site: ServiceSite;
  let topics = 0;
  const running: ServiceProcess[] = [];

  beforeAll(async () => {
    broker = await KafkaBroker.start();
  });

  afterAll(async () => {
    await broker.stop();
  });

  beforeEach(async () => {
    site = await mariadbSites.make(2);
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((service) => service.end()));
    await site.drop();
  });

  const WITHOUT_INTAKE = Object.fromEntries(
    ['INTAKE_TOPICS', 'GROUP', 'DEAD_LETTERS_TOPIC', 'SESSION_SECONDS'].map((name) => [
      `HOTSPLIT_KAFKA_${name}`,
      '',
    ]),
  );
  const newTopic = async (partitions: number): Promise<string> => {
    const topic = `clicks-${(topics += 1)}`;
    await broker.makeTopic(topic, partitions);
    return topic;
  };
  /** Each test has a group and dead letters of its own. */
  const start = async (
    topic: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<ServiceProcess> => {
    const service = await ServiceProcess.start({
      ...site,
      settings: {
        HOTSPLIT_LOG_LEVEL: 'info',
        HOTSPLIT_KAFKA_BROKERS: broker.address,
        HOTSPLIT_KAFKA_INTAKE_TOPICS: topic,
        HOTSPLIT_KAFKA_GROUP: `${GROUP}-${topic}`,
        HOTSPLIT_KAFKA_DEAD_LETTERS_TOPIC: `${DEAD_LETTERS}-${topic}`,
        HOTSPLIT_KAFKA_SESSION_SECONDS: '3',
        ...settings,
      },
    });
    running.push(service);
    return service;
  };
  const json = (
    accountId: string,
    requestId: string,
    amount: string | number,
    more: object = {},
  ): TestMessage => ({
    key: accountId,
    value: JSON.stringify({ accountId, requestId, amount, ...more }),
  });
  const allCommitted = (topic: string): Promise<void> => broker.whenCommitted(`${GROUP}-${topic}`, topic);
  const stateOf = async (rest: RestClient, accountId: string, requestId: string): Promise<unknown> =>
    (await rest.get(`/v1/accounts/${accountId}/deductions/${requestId}`)).body['status'];
  const rejected = (rest: RestClient, accountId: string, requestId: string): Promise<unknown> =>
    eventually(`the rejection of ${requestId}`, async () => {
      const { body } = await rest.get(`/v1/accounts/${accountId}/deductions/${requestId}`);
      return body['status'] === 'rejected' ? body['reason'] : undefined;
    });

  it('are charged once, JSON and protobuf, and show what they said', async () => {
    const topic = await newTopic(2);
    const { rest } = await start(topic);
    await rest.createAccount({ id: 'acct', subAccounts: 4, initialBalance: 1_000 });
    const { encode } = codecOf('hotsplit.v1.DeductRequest');
    await broker.produce(topic, [
      json('acct', 'k1', '10', {
        reference: 'banner 1',
        metadata: { site: 'a' },
        occurredAt: '2026-11-22T00:43:40Z',
      }),
      json('acct', 'k1', '10', { reference: 'banner 1', metadata: { site: 'a' } }),
      json('acct', 'k2', 20),
      {
        key: 'acct',
        value: encode({
          accountId: 'acct',
          requestId: 'k3',
          amount: 30,
          reference: 'banner 3',
          metadata: {},
        }),
        headers: { 'content-type': 'application/protobuf' },
      },
    ]);
    await allCommitted(topic);
    const entries = await rest.entries('acct');
    const shown = entries.map(({ requestId, amount, ...rest }) => [requestId, amount, 'reference' in rest]);
    expect(shown).toEqual(
      expect.arrayContaining([
        ['k1', '10', true],
        ['k2', '20', false],
        ['k3', '30', true],
      ]),
    );
    expect(entries).toHaveLength(4);
    expect(await rest.available('acct')).toBe(940n);
    const { text } = await rest.get('/metrics');
    expect(text).toContain(`hotsplit_kafka_messages_total{topic="${topic}",result="charged"} 3`);
    expect(text).toContain(`hotsplit_kafka_messages_total{topic="${topic}",result="replayed"} 1`);
  });

  it('that the account refuses end as rejections, which stand however often they are delivered', async () => {
    const topic = await newTopic(1);
    const { rest } = await start(topic);
    await rest.createAccount({ id: 'poor', initialBalance: 5 });
    await rest.createAccount({ id: 'cold', initialBalance: 5 });
    await rest.post('/v1/accounts/cold/freeze', {});
    await broker.produce(topic, [json('poor', 'much', 6), json('cold', 'frozen', 1)]);
    expect(await rejected(rest, 'poor', 'much')).toBe('INSUFFICIENT_FUNDS');
    expect(await rejected(rest, 'cold', 'frozen')).toBe('ACCOUNT_FROZEN');

    await rest.credit('poor', 'more', 100);
    await broker.produce(topic, [json('poor', 'much', 6), json('poor', 'other', 7)]);
    await allCommitted(topic);
    expect(await stateOf(rest, 'poor', 'much')).toBe('rejected');
    expect(await stateOf(rest, 'poor', 'other')).toBe('succeeded');
    expect(await rest.available('poor')).toBe(98n);
    // A new request under the key is another attempt.
    expect((await rest.submit('poor', 'much', 6)).status).toBe(202);
    await eventually('the next attempt', async () => (await rest.available('poor')) === 92n || undefined);
  });

  it('are screened before they are charged, where something screens', async () => {
    const topic = await newTopic(1);
    const { rest } = await start(topic, { HOTSPLIT_VELOCITY_AMOUNT_PER_MINUTE: '10' });
    await rest.createAccount({ id: 'acct', initialBalance: 100 });
    await broker.produce(topic, [
      json('acct', 'little', 1),
      json('acct', 'much', 11),
      json('acct', 'little', 1),
    ]);
    await eventually('the charge', async () => (await rest.available('acct')) === 99n || undefined);
    expect(await rejected(rest, 'acct', 'much')).toBe('SCREENED_OUT');
    await allCommitted(topic);
    expect(await rest.available('acct')).toBe(99n);
  });

  it('that cannot be read, or charged to anybody, are dead letters with their bytes, and stop nothing', async () => {
    const topic = await newTopic(1);
    const { rest } = await start(topic);
    await rest.createAccount({ id: 'acct', initialBalance: 100 });
    await rest.deduct('acct', 'taken', 1);
    const bad: TestMessage[] = [
      { key: 'acct', value: 'no JSON', headers: { trace: 't1' } },
      { key: 'acct' },
      { value: Buffer.from([0xff, 0xfe]) },
      json('acct', 'k', -1),
      json('acct', 'k', 1, { colour: 'red' }),
      { value: '{"accountId":"acct","requestId":"k","amount":1,"amount":2}' },
      { value: 'x', headers: { 'content-type': 'text/plain' } },
      { value: Buffer.from([8]), headers: { 'content-type': 'application/protobuf' } },
      json('nobody', 'k', 1),
      json('acct', 'taken', 2),
    ];
    await broker.produce(topic, [...bad, json('acct', 'good', 3)]);
    await allCommitted(topic);
    expect(await rest.available('acct')).toBe(96n);
    const letters = await broker.read(`${DEAD_LETTERS}-${topic}`);
    letters.sort((a, b) => Number(a.headers['offset']) - Number(b.headers['offset']));
    expect(letters.map(({ headers }) => [headers['reason'], headers['offset']])).toEqual([
      ...Array.from({ length: 8 }, (_, n) => ['INVALID_ARGUMENT', String(n)]),
      ['ACCOUNT_NOT_FOUND', '8'],
      ['IDEMPOTENCY_KEY_REUSED', '9'],
    ]);
    expect(letters[0]).toMatchObject({
      key: 'acct',
      value: Buffer.from('no JSON'),
      headers: { trace: 't1', topic, partition: '0', detail: 'message: the value is not JSON' },
    });
    expect(letters[2]?.value).toEqual(Buffer.from([0xff, 0xfe]));
    expect(letters[1]?.value?.length ?? 0).toBe(0);
  });

  it('are those of a log that is produced by command, each charged once however often it is', async () => {
    const topic = await newTopic(3);
    const { rest } = await start(topic);
    for (const id of ['one', 'two'])
      await rest.createAccount({ id, subAccounts: 2, initialBalance: 100_000 });
    const rows = Array.from({ length: 300 }, (_, n) => `${n % 3 === 0 ? 'two' : 'one'},${n + 1}\n`);
    const cli = new CliSession({ HOTSPLIT_KAFKA_BROKERS: broker.address });
    const log = cli.file('log.csv', `account_id,amount\n${rows.join('')}`);
    const replay = ['replay', log, '--to-kafka', topic, '--id-prefix', 'log', '--batch-size', '50'];
    const checkpoint = ['--checkpoint', cli.file('checkpoint.json')];
    expect(await cli.json(...replay, ...checkpoint)).toMatchObject({
      ...{ exitCode: 0, completed: true, rows: 300, produced: 300, amount: '0', amountProduced: '45150' },
      accounts: { one: { produced: 200 }, two: { produced: 100 } },
    });
    // Where it stopped it goes on; without a checkpoint everything is produced again.
    expect(await cli.json(...replay, ...checkpoint)).toMatchObject({ exitCode: 0, rows: 0, skipped: 300 });
    const { exitCode, out } = await cli.run(...replay);
    expect([exitCode, out]).toEqual([0, containing('300 produced to ')]);
    await allCommitted(topic);
    expect((await broker.ends(topic)).reduce((sum, end) => sum + Number(end), 0)).toBe(600);
    let spent = 0n;
    for (const id of ['one', 'two'])
      spent += 100_000n - BigInt(String((await rest.get(`/v1/accounts/${id}/balance`)).body['total']));
    expect(spent).toBe(45_150n);
    expect((await cli.run('replay', log, '--to-kafka', topic, '--async')).exitCode).toBe(1);
    cli.end();
  });

  it('that are dead letters are listed, and replayed when what was wrong is mended', async () => {
    const topic = await newTopic(2);
    const { rest } = await start(topic);
    await broker.produce(topic, [
      { ...json('late', 'k1', 1), headers: { trace: 't1' } },
      json('late', 'k2', 2),
      { key: 'late', value: 'junk' },
    ]);
    await allCommitted(topic);
    const deadLetters = `${DEAD_LETTERS}-${topic}`;
    const cli = new CliSession({ HOTSPLIT_KAFKA_BROKERS: broker.address });
    const { items } = await cli.json<{ items: object[] }>('dead-letters', 'list', '--topic', deadLetters);
    expect(items).toHaveLength(3);
    expect(items).toContainEqual(
      includingFields({
        reason: 'ACCOUNT_NOT_FOUND',
        topic,
        key: 'late',
        headers: [{ name: 'trace', value: 't1' }],
      }),
    );
    const { out } = await cli.run(
      'dead-letters',
      'list',
      '--topic',
      deadLetters,
      '--reason',
      'INVALID_ARGUMENT',
    );
    expect(out).toMatch(/INVALID_ARGUMENT {2}message: the value is not JSON {2}"junk"\n$/);

    await rest.createAccount({ id: 'late', initialBalance: 10 });
    const which = ['--topic', deadLetters, '--reason', 'ACCOUNT_NOT_FOUND'];
    expect((await cli.run('dead-letters', 'replay', ...which, '--dry-run')).out).toContain(
      '2 dead letters would be',
    );
    for (let times = 0; times < 2; times += 1)
      expect(await cli.run('dead-letters', 'replay', ...which)).toMatchObject({
        exitCode: 0,
        out: '2 dead letters were replayed\n1 are others\n',
      });
    await allCommitted(topic);
    expect(await rest.available('late')).toBe(7n);
    const again = (await broker.read(topic)).filter(({ headers }) => headers['trace'] === 't1');
    expect(again.map(({ headers }) => headers)).toEqual(Array(3).fill({ trace: 't1' }));
    expect(await cli.run('dead-letters', 'list', '--topic', 'nowhere')).toMatchObject({ exitCode: 1 });
    cli.end();
  });

  it('whose shard waits make their own partition wait, and no other, and none is passed over', async () => {
    const topic = await newTopic(2);
    const { rest } = await start(topic, { HOTSPLIT_KAFKA_IN_FLIGHT_MAX: '40', HOTSPLIT_WAIT_MS_MAX: '500' });
    await rest.createAccount({ id: 'stuck', initialBalance: 1_000 });
    await rest.createAccount({ id: 'free', initialBalance: 1_000 });
    const keys = Array.from({ length: 120 }, (_, n) => `k${n}`);
    const other = await createConnection(new URL(site.shards[0] as string).toString());
    const second = await createConnection(new URL(site.shards[1] as string).toString());
    for (const connection of [other, second]) {
      await connection.query('BEGIN');
      await connection.query("SELECT * FROM sub_account WHERE account_id = 'stuck' FOR UPDATE");
    }
    await broker.produce(topic, [
      ...keys.map((key) => ({ ...json('stuck', key, 1), partition: 0 })),
      ...keys.map((key) => ({ ...json('free', key, 1), partition: 1 })),
    ]);
    await eventually('the other partition', async () => (await rest.available('free')) === 880n || undefined);
    const inFlight = await eventually('the partition waiting', async () => {
      const { text } = await rest.get('/metrics');
      const [, found] = new RegExp(`kafka_in_flight{topic="${topic}",partition="0"} (\\d+)`).exec(text) ?? [];
      return found !== undefined && Number(found) > 0 ? Number(found) : undefined;
    });
    expect(inFlight).toBe(40);
    expect((await broker.committed(`${GROUP}-${topic}`, topic, 2))[0]).toBe(-1n);
    for (const connection of [other, second]) {
      await connection.query('ROLLBACK');
      await connection.end();
    }
    await allCommitted(topic);
    expect(await rest.available('stuck')).toBe(880n);
  });

  it('wait while the broker is away, and everything else goes on, and the log says so once', async () => {
    const topic = await newTopic(1);
    const service = await start(topic);
    const { rest } = service;
    await rest.createAccount({ id: 'acct', initialBalance: 100 });
    await broker.produce(topic, [json('acct', 'before', 1)]);
    await allCommitted(topic);
    broker.kill();
    await eventually('the log', () =>
      Promise.resolve(service.stderr.includes('the brokers of Kafka cannot be used') || undefined),
    );
    expect((await rest.deduct('acct', 'meanwhile', 2)).status).toBe(201);
    expect((await rest.get('/readyz')).status).toBe(200);
    await broker.startAgain();
    await broker.produce(topic, [json('acct', 'after', 3)]);
    await allCommitted(topic);
    expect(await rest.available('acct')).toBe(94n);
    expect(service.stderr.split('the brokers of Kafka cannot be used').length - 1).toBe(1);
    expect(service.stderr).toContain('the brokers of Kafka answer again');
  });

  it('are each accounted for, and charged once, while instances and the broker are killed and partitions added', async () => {
    const topic = await newTopic(3);
    const fault = { HOTSPLIT_TEST_FAULT: 'kafka.settled:crash:2' };
    let one = await start(topic, fault);
    const { rest } = await start(topic, WITHOUT_INTAKE);
    await rest.createAccount({ id: 'rich', subAccounts: 8, initialBalance: 1_000_000 });
    await rest.createAccount({ id: 'poor', subAccounts: 2, initialBalance: 100 });

    const COUNT = 3_000;
    const messages = Array.from({ length: COUNT }, (_, n): TestMessage => {
      // 1 % unreadable, every tenth message twice, every twentieth of an account that has too little.
      if (n % 100 === 50) return { key: 'rich', value: `junk ${n}` };
      const key = n % 10 === 1 ? n - 1 : n;
      return json(key % 20 === 10 ? 'poor' : 'rich', `k${key}`, 2 + (key % 7));
    });
    const produced = (async () => {
      for (let at = 0; at < COUNT; at += 100) await broker.produce(topic, messages.slice(at, at + 100));
    })();

    // At the point between effect and offset, which is reached as long as something comes in, or wherever it is.
    let late = 0;
    const diesAtThePoint = async (service: ServiceProcess): Promise<void> => {
      let isDead = false;
      void service.exit.then(() => (isDead = true));
      await eventually('the end of an instance', async () => {
        if (isDead) return true;
        await broker.produce(topic, [{ ...json('rich', `late-${(late += 1)}`, 1), partition: late % 3 }]);
        return undefined;
      });
    };
    let two = await start(topic, fault);
    for (let kill = 0; kill < 4; kill += 1) {
      if (kill % 2 === 0) await diesAtThePoint(one);
      else await one.end('SIGKILL');
      [one, two] = [two, await start(topic, kill < 2 ? fault : {})];
      if (kill === 1) await broker.addPartitions(topic, 5);
      if (kill !== 2) continue;
      broker.kill();
      await broker.startAgain();
    }
    await produced;
    await allCommitted(topic);

    const unique = new Map(
      messages.flatMap(({ value }) => {
        const text = String(value);
        if (text.startsWith('junk')) return [];
        const said = JSON.parse(text) as { accountId: string; requestId: string; amount: number };
        return [[said.requestId, { accountId: said.accountId, amount: BigInt(said.amount) }] as const];
      }),
    );
    const entries = new Map(
      (await Promise.all(['rich', 'poor'].map((id) => rest.entries(id))))
        .flat()
        .filter(({ kind }) => kind === 'deduction')
        .map((entry) => [entry.requestId, entry]),
    );
    let takenOfPoor = 0n;
    let rejections = 0;
    for (const [requestId, { accountId, amount }] of unique) {
      const entry = entries.get(requestId);
      if (entry) {
        expect(entry.amount).toBe(String(amount));
        if (accountId === 'poor') takenOfPoor += amount;
      } else {
        expect(accountId).toBe('poor');
        expect(await rejected(rest, accountId, requestId)).toBe('INSUFFICIENT_FUNDS');
        rejections += 1;
      }
    }
    expect(rejections).toBeGreaterThan(0);
    expect(await rest.available('poor')).toBe(100n - takenOfPoor);
    const ofRich = [...unique.values()].filter(({ accountId }) => accountId === 'rich');
    const takenOfRich = ofRich.reduce((sum, { amount }) => sum + amount, BigInt(late));
    expect(await rest.available('rich')).toBe(1_000_000n - takenOfRich);

    const dead = await broker.read(`${DEAD_LETTERS}-${topic}`);
    const places = new Set(dead.map(({ headers }) => `${headers['partition']} ${headers['offset']}`));
    expect(new Set(dead.map(({ headers }) => headers['reason']))).toEqual(new Set(['INVALID_ARGUMENT']));
    // At least once each. What was sent while the broker was killed may be in the topic twice.
    expect(new Set(dead.map(({ value }) => String(value))).size).toBe(COUNT / 100);
    expect(places.size).toBeGreaterThanOrEqual(COUNT / 100);
    const audit = await rest.ended(await rest.post('/v1/admin/audits', {}));
    expect(audit.result).toMatchObject({ balanced: true });
  });
});
