import { rmSync, renameSync, writeFileSync, copyFileSync, truncateSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import { parseLocation } from '../../src/shards/shard-address';
import { eventually } from '../setup/eventually';
import { rawSql } from '../setup/raw-sql';
import type { Answer, Operation, RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { mariadbSites, SITES, type ServiceSite, sqliteSites } from '../setup/service-sites';

const outcome = ({ status, body }: Answer): unknown[] => [status, body['code'] ?? body['status']];
const pathOf = (url: string): string => url.slice('sqlite:'.length);

/** Takes everything out of a database, as a wrong address, a removed file or a forgotten restore would. */
async function empty(url: string): Promise<void> {
  if (url.startsWith('sqlite:')) {
    for (const end of ['', '-wal', '-shm']) rmSync(pathOf(url) + end, { force: true });
    return;
  }
  const name = new URL(url).pathname.slice(1);
  const connection = await createConnection(url);
  await connection.query(`DROP DATABASE \`${name}\``);
  await connection.query(`CREATE DATABASE \`${name}\``);
  await connection.end();
}

const audit = async (rest: RestClient): Promise<unknown> =>
  (await rest.ended(await rest.send('POST', '/v1/admin/audits'))).result;
const repair = async (rest: RestClient): Promise<Operation> =>
  rest.ended(await rest.send('POST', '/v1/admin/accounts/acme/repair'));

/** What all rows of the account have, once nothing moves any more: the same in two looks with an audit between. */
async function atRest(rest: RestClient): Promise<bigint> {
  const inRows = async (): Promise<bigint> => {
    const { items } = (await rest.get('/v1/admin/accounts/acme/sub-accounts')).body as {
      items: readonly { available: string }[];
    };
    return items.reduce((sum, { available }) => sum + BigInt(available), 0n);
  };
  return eventually('rows at rest', async () => {
    const before = await inRows();
    const { inTransit } = (await audit(rest)) as { inTransit: number };
    return inTransit === 0 && before === (await inRows()) ? before : undefined;
  });
}

/** Two shards; the directory is on the first, and the second is what is lost. */
describe.each(SITES)('[$mark] an empty database under the name of a known shard', ({ make }) => {
  let site: ServiceSite;
  let logged: jest.SpyInstance;

  beforeEach(async () => {
    logged = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    site = await make(2);
  });

  afterEach(async () => {
    logged.mockRestore();
    await site.drop();
  });

  const started = async (settings: Record<string, string> = {}): Promise<TestService> =>
    startTestService({ ...site, settings });
  const refusal = (settings: Record<string, string> = {}): Promise<string> =>
    started(settings).then(
      async (service) => {
        await service.stop();
        return 'started';
      },
      (error: unknown) => (error as Error).message,
    );
  const used = async (): Promise<void> => {
    const service = await started();
    await service.rest.createAccount({ id: 'acme', subAccounts: 8, initialBalance: '8000' });
    await service.stop();
  };

  it('ends a start by name, says what to do, and is left as it was', async () => {
    await used();
    await empty(site.shards[1] as string);
    expect(await refusal()).toMatch(
      /^SHARD_EMPTY: .*"s1" at \S+ is empty.*HOTSPLIT_LOST_SHARDS=s1=[0-9a-f-]{36}$/,
    );
    expect(await refusal()).toMatch(/^SHARD_EMPTY/);
  });

  it('is let in as a new one where the shard was declared lost, once', async () => {
    await used();
    const told = async (): Promise<string> => /HOTSPLIT_LOST_SHARDS=(\S+)$/.exec(await refusal())?.[1] ?? '';
    await empty(site.shards[1] as string);
    const lost = await told();
    const settings = { HOTSPLIT_LOST_SHARDS: lost };
    const service = await started(settings);
    expect((await service.rest.get('/readyz')).body).toMatchObject({ status: 'ready' });
    await service.rest.createAccount({ id: 'later', subAccounts: 8, initialBalance: '80' });
    await service.stop();

    // The setting was left where it is, and the next database is lost: that is another incarnation.
    await empty(site.shards[1] as string);
    expect(await refusal(settings)).toMatch(/^SHARD_EMPTY/);
    expect(await told()).not.toBe(lost);
  });

  it('leaves accounts whose books do not add up, until each is repaired: what is lost is booked, and nothing else', async () => {
    await used();
    const service = await started();
    // Money moves both ways between the two, beside what the opening balance has sent.
    for (let n = 0; n < 12; n += 1) await service.rest.credit('acme', `c${n}`, 4_000);
    for (const shards of [['s1'], ['s0'], ['s0', 's1']])
      await service.rest.ended(await service.rest.resize('acme', { count: 8, shards }));
    await service.rest.ended(await service.rest.send('POST', '/v1/admin/accounts/acme/rebalance'));
    const all = await atRest(service.rest);
    await service.stop();
    await empty(site.shards[1] as string);
    const lost = /HOTSPLIT_LOST_SHARDS=(\S+)$/.exec(await refusal())?.[1] ?? '';
    const anew = await started({ HOTSPLIT_LOST_SHARDS: lost });
    try {
      const { rest } = anew;
      const left = await atRest(rest);
      expect(left > 0n && left < all).toBe(true);
      expect(await audit(rest)).toMatchObject({ balanced: false });
      const repaired = await repair(rest);
      expect(repaired).toMatchObject({ status: 'done', result: { lifted: false } });
      const { restored } = repaired.result as unknown as { restored: { transfers: number } };
      expect(restored.transfers).toBeGreaterThan(0);
      expect(await audit(rest)).toMatchObject({ balanced: true, findings: [] });
      expect(await rest.available('acme')).toBe(left);
      const booked = (await rest.entries('acme')).filter(({ requestId }) => requestId.startsWith('lost '));
      expect(booked).toHaveLength(restored.transfers);

      expect((await repair(rest)).result).toEqual({ lifted: false });
      expect((await rest.deduct('acme', 'all', String(left))).status).toBe(201);
      expect(outcome(await rest.deduct('acme', 'more', 1))).toEqual([422, 'INSUFFICIENT_FUNDS']);
    } finally {
      await anew.stop();
    }
  });

  it('is not let in while the shard answers', async () => {
    await used();
    const sql = await rawSql(parseLocation(site.shards[0] as string), 'mariadb');
    const [[incarnation]] = (await sql.run(`SELECT incarnation FROM shard WHERE name = 's1'`)) as [[string]];
    await sql.close();
    expect(await refusal({ HOTSPLIT_LOST_SHARDS: `s1=${incarnation}` })).toMatch(
      /^SHARD_NOT_LOST: .*answers$/,
    );
    expect(await refusal({ HOTSPLIT_LOST_SHARDS: 's1=another' })).toMatch(/^SHARD_NOT_LOST: /);
    expect(await refusal()).toBe('started');
  });

  it('is recognised where an earlier build had identified it', async () => {
    await used();
    const sql = [];
    for (const url of site.shards) sql.push(await rawSql(parseLocation(url), 'mariadb'));
    await sql[0]?.run(`UPDATE shard SET incarnation = 'unknown'`);
    await sql[1]?.run('UPDATE shard_identity SET incarnation = NULL');
    for (const each of sql) await each.close();
    expect(await refusal()).toBe('started');
    await empty(site.shards[1] as string);
    expect(await refusal()).toMatch(/HOTSPLIT_LOST_SHARDS=s1=[0-9a-f-]{36}$/);
  });

  it('is given its first identity when a first start was cut short before', async () => {
    await used();
    const sql = await rawSql(parseLocation(site.shards[0] as string), 'mariadb');
    await sql.run(`UPDATE shard SET incarnation = '' WHERE name = 's1'`);
    await sql.close();
    await empty(site.shards[1] as string);
    expect(await refusal()).toBe('started');
  });
});

describe('[mariadb] a database that is emptied while instances run', () => {
  let site: ServiceSite;
  let services: TestService[];
  let logged: jest.SpyInstance;

  beforeEach(async () => {
    logged = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    site = await mariadbSites.make(2);
    services = [await startTestService(site), await startTestService(site)];
  });

  afterEach(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await site.drop();
    logged.mockRestore();
  });

  it.each(['with its tables gone', 'with empty tables'])(
    'is refused by name on all of them, %s',
    async (how) => {
      const rests = services.map(({ rest }) => rest) as [RestClient, RestClient];
      await rests[0].createAccount({ id: 'acme', subAccounts: 8, initialBalance: '8000' });
      const keys = Array.from({ length: 12 }, (_, n) => `k${n}`);
      const before = [];
      for (const key of keys) before.push(await rests[0].deduct('acme', key, 100));
      expect(before.map(({ status }) => status)).toEqual(keys.map(() => 201));

      if (how === 'with its tables gone') await empty(site.shards[1] as string);
      else {
        const sql = await rawSql(parseLocation(site.shards[1] as string), 'mariadb');
        for (const table of ['sub_account', 'entry', 'transfer', 'hold', 'reversal', 'shard_identity'])
          await sql.run(`DELETE FROM ${table}`);
        await sql.close();
      }
      for (const rest of rests) {
        for (const [n, key] of keys.entries()) {
          const again = await rest.deduct('acme', key, 100);
          if (before[n]?.body['shard'] === 's1') expect(outcome(again)).toEqual([503, 'SHARD_UNAVAILABLE']);
          else expect(again.status).toBe(200);
        }
        expect(outcome(await rest.get('/v1/accounts/acme/balance'))).toEqual([503, 'SHARD_UNAVAILABLE']);
        expect((await rest.get('/readyz')).body).toMatchObject({
          status: 'unavailable',
          shards: { s0: 'up', s1: 'down' },
          refused: { s1: 'SHARD_EMPTY' },
        });
        expect((await rest.get('/metrics')).text).toMatch(/^hotsplit_shard_refused\{shard="s1"\} 1$/m);
      }
    },
  );

  it('never answers a balance below nothing: that is a defect, logged and counted', async () => {
    const [{ rest }] = services as [TestService];
    await rest.createAccount({ id: 'acme', subAccounts: 2, initialBalance: '1000' });
    const sql = await rawSql(parseLocation(site.shards[0] as string), 'mariadb');
    await sql.run('UPDATE sub_account SET net = net - 5000');
    await sql.close();
    for (const consistency of ['current', 'snapshot', 'cached']) {
      const answer = await rest.get(`/v1/accounts/acme/balance?consistency=${consistency}`);
      expect(outcome(answer)).toEqual([500, 'INTERNAL']);
    }
    const refused = await rest.deduct('acme', 'much', 900_000);
    expect(outcome(refused)).toEqual([500, 'INTERNAL']);
    expect((await rest.get('/metrics')).text).toMatch(/^hotsplit_defects_total [4-9]$/m);
  });
});

describe('[sqlite] a file that is changed while the service runs', () => {
  let site: ServiceSite;
  let service: TestService;
  let logged: jest.SpyInstance;

  beforeEach(async () => {
    logged = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    site = await sqliteSites.make(2);
    service = await startTestService(site);
    await service.rest.createAccount({ id: 'acme', subAccounts: 8, initialBalance: '8000' });
  });

  afterEach(async () => {
    await service.stop();
    await site.drop();
    logged.mockRestore();
  });

  const files = (): [string, string, string] => {
    const path = pathOf(site.shards[1] as string);
    return [path, `${path}-wal`, `${path}-shm`];
  };
  /** A read looks at the path once a second. */
  const refusedFile = (): Promise<unknown> =>
    eventually('the refusal of the file', async () => {
      const { body } = await service.rest.get('/readyz');
      const { refused, shards } = body as {
        refused?: Record<string, string>;
        shards: Record<string, string>;
      };
      return refused?.['s1'] === 'FILE_REPLACED' && shards['s1'] === 'down' && shards['s0'] === 'up'
        ? true
        : undefined;
    });

  type Paths = [database: string, log: string, index: string];
  const removing =
    (which: (paths: Paths) => string[]) =>
    (paths: Paths): void => {
      for (const path of which(paths)) rmSync(path);
    };
  const ways: [string, (paths: Paths) => void][] = [
    ['is removed', removing(([path]) => [path])],
    ['is removed with what is beside it', removing((paths) => paths)],
    ['loses its log', removing(([, log]) => [log])],
    ['loses its index of the log', removing(([, , index]) => [index])],
    [
      'is moved away',
      ([path]) => {
        renameSync(path, `${path}.away`);
      },
    ],
    [
      'is replaced by a copy',
      ([path]) => {
        copyFileSync(path, `${path}.copy`);
        renameSync(`${path}.copy`, path);
      },
    ],
    [
      'is replaced by an empty file',
      ([path]) => {
        rmSync(path);
        writeFileSync(path, '');
      },
    ],
    [
      'is cut short',
      ([path]) => {
        truncateSync(path, 0);
      },
    ],
  ];

  it.each(ways)('and %s is acknowledged nothing, by name', async (how, change) => {
    change(files());
    const keys = Array.from({ length: 12 }, (_, n) => `k${n}`);
    const answers = await Promise.all(keys.map((key) => service.rest.deduct('acme', key, 1)));
    const onLost = answers.filter(({ body }) => body['shard'] === 's1');
    if (how !== 'is cut short') expect(onLost).toEqual([]);
    await refusedFile();
    expect(outcome(await service.rest.get('/v1/accounts/acme/balance'))).toEqual([503, 'SHARD_UNAVAILABLE']);
    const after = await Promise.all(keys.map((key) => service.rest.deduct('acme', `${key}-after`, 1)));
    expect(after.filter(({ body }) => body['shard'] === 's1')).toEqual([]);
  });

  it('and comes back is the shard again', async () => {
    const [path] = files();
    renameSync(path, `${path}.away`);
    await refusedFile();
    renameSync(`${path}.away`, path);
    await eventually('the shard that is back', async () => {
      const { body } = await service.rest.get('/readyz');
      return body['status'] === 'ready' && body['refused'] === undefined ? true : undefined;
    });
    expect(await service.rest.available('acme')).toBe(8000n);
  });

  it('and holds the directory too is no directory any more', async () => {
    rmSync(pathOf(site.shards[0] as string));
    const made = await service.rest.createAccount({ id: 'late', subAccounts: 1 });
    expect(outcome(made)).toEqual([503, 'SHARD_UNAVAILABLE']);
  });
});
