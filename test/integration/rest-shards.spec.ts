import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseLocation } from '../../src/shards/shard-address';
import { containing, matching } from '../setup/matching';
import type { Answer, RestClient } from '../setup/rest-client';
import { rawSql } from '../setup/raw-sql';
import { startTestService, type TestService } from '../setup/service';
import { SITES, type ServiceSite } from '../setup/service-sites';

const outcome = ({ status, body }: Answer): unknown[] => [status, body['code'] ?? body['status']];

const contentsOf = (folder: string): unknown =>
  readdirSync(folder)
    .sort()
    .map((name) => [name, readFileSync(join(folder, name)).toString()]);

const tablesIn = (mark: string): string =>
  mark === 'sqlite'
    ? `SELECT name FROM sqlite_schema WHERE type = 'table'`
    : 'SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()';

/** Files in the data folder: nowhere else may a shard be that is added. */
function within(folder: string, count: number): ServiceSite {
  const shards = Array.from({ length: count }, (_, n) => `sqlite:${join(folder, `further-${n}.sqlite`)}`);
  return { folder, shards, drop: () => Promise.resolve() };
}

/** The same for whatever the reason is. */
const REFUSED = {
  type: containing('SHARD_REFUSED'),
  title: 'The database cannot be a new shard',
  status: 409,
  detail: containing('log'),
  code: 'SHARD_REFUSED',
};

/** Shards that are registered while the service runs. */
describe.each(SITES)('[$mark] shards', ({ mark, make }) => {
  let site: ServiceSite;
  let further: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let logged: jest.SpyInstance;

  beforeAll(async () => {
    logged = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    site = await make(2);
    further = mark === 'sqlite' ? within(site.folder, 3) : await make(3);
    service = await startTestService({ ...site, settings: { HOTSPLIT_LOG_LEVEL: 'debug' } });
    rest = service.rest;
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
    await further.drop();
    logged.mockRestore();
  });

  const list = async () =>
    (await rest.page<{ name: string; status: string; address?: string }>('/v1/admin/shards')).items;
  const log = (): string => (logged.mock.calls as [unknown][]).map(([line]) => String(line)).join('');
  const add = (name: string, url: string | undefined): Promise<Answer> =>
    rest.post('/v1/admin/shards', { name, url });

  it('are listed with where they are and whether they answer', async () => {
    const address = mark === 'sqlite' ? /^sqlite:\// : /^mysql:\/\/127\.0\.0\.1:\d+\//;
    expect(await list()).toEqual(
      ['s0', 's1'].map((name) => ({ name, status: 'up', address: matching(address) })),
    );
  });

  it('can be added, and accounts moved onto them, with every key where it was', async () => {
    await rest.createAccount({ id: 'moved', subAccounts: 4, initialBalance: '1000' });
    const first = await rest.deduct('moved', 'first', 1);
    const [url] = further.shards;

    expect(outcome(await rest.resize('moved', { count: 4, shards: ['late'] }))).toEqual([
      400,
      'INVALID_ARGUMENT',
    ]);
    const added = await add('late', url);
    expect([added.status, added.body]).toEqual([
      201,
      { name: 'late', status: 'up', address: matching(/^(sqlite|mysql):/) },
    ]);
    expect((await list()).map(({ name, status }) => [name, status])).toEqual([
      ['s0', 'up'],
      ['s1', 'up'],
      ['late', 'up'],
    ]);
    expect((await rest.get('/readyz')).body).toMatchObject({ shards: { late: 'up' } });

    const operation = await rest.ended(await rest.resize('moved', { count: 8, shards: ['late'] }));
    expect(operation).toMatchObject({ status: 'done', result: { shards: ['late'], subAccounts: 8 } });
    const replay = await rest.deduct('moved', 'first', 1);
    expect([replay.status, replay.text]).toEqual([200, first.text]);
    const next = await rest.deduct('moved', 'next', 999);
    expect([next.status, next.body['shard']]).toEqual([201, 'late']);
    expect((await rest.entries('moved')).map(({ requestId }) => requestId)).toContain('first');
  });

  it('are known to the service when it comes back', async () => {
    await service.stop();
    service = await startTestService({ ...site, settings: { HOTSPLIT_LOG_LEVEL: 'debug' } });
    rest = service.rest;
    expect((await list()).map(({ name, status }) => [name, status])).toContainEqual(['late', 'up']);
    expect((await rest.deduct('moved', 'first', 1)).status).toBe(200);
    expect((await rest.credit('moved', 'back', 5)).body).toMatchObject({ shard: 'late' });
  });

  it('need a name of their own', async () => {
    for (const name of ['s0', 'late']) {
      expect(outcome(await add(name, further.shards[1]))).toEqual([409, 'SHARD_EXISTS']);
    }
  });

  it('need a database of their own', async () => {
    for (const url of [site.shards[1], further.shards[0]]) {
      expect((await add('again', url)).body).toEqual(REFUSED);
      expect(log()).toContain('SHARD_IDENTITY_MISMATCH');
    }
    // A database that was refused belongs to whom it belonged to, and goes on.
    expect((await rest.createAccount({ id: 'after', subAccounts: 8, initialBalance: '80' })).status).toBe(
      201,
    );
    expect((await list()).map(({ status }) => status)).toEqual(['up', 'up', 'up']);
  });

  it('of another installation are refused', async () => {
    const other = await startTestService({ folder: further.folder, shards: [further.shards[2] as string] });
    await other.stop();
    expect(outcome(await add('theirs', further.shards[2]))).toEqual([409, 'SHARD_REFUSED']);
  });

  it('that hold something else are refused, and left as they were', async () => {
    const foreign = mark === 'sqlite' ? within(mkdtempSync(join(site.folder, 'foreign-')), 1) : await make(1);
    const url = String(foreign.shards[0]);
    const sql = await rawSql(parseLocation(url), 'mariadb');
    try {
      await sql.run('CREATE TABLE orders (id INTEGER)');
      expect((await add('orders', url)).body).toEqual(REFUSED);
      expect(log()).toContain('DATABASE_NOT_EMPTY');
      expect(await sql.run(tablesIn(mark))).toEqual([['orders']]);
      expect(readdirSync(foreign.folder)).toEqual(mark === 'sqlite' ? ['further-0.sqlite'] : []);
    } finally {
      await sql.close();
      await foreign.drop();
    }
  });

  describe('that cannot be opened', () => {
    const closedPort = (): Promise<number> =>
      new Promise((resolve) => {
        const server = createServer().listen(0, '127.0.0.1', () => {
          const { port } = server.address() as AddressInfo;
          server.close(() => {
            resolve(port);
          });
        });
      });

    it('because nobody answers, or somebody else does, are refused alike, and leave no trace', async () => {
      const someone = createServer((socket) => socket.end('220 smtp\r\n')).listen(0, '127.0.0.1');
      await once(someone, 'listening');
      const open = (someone.address() as AddressInfo).port;
      const answers = await Promise.all(
        [await closedPort(), open].map((port) => add('away', `mysql://root:hunter2@127.0.0.1:${port}/db`)),
      );
      someone.close();
      for (const refused of answers) expect(refused.body).toEqual(REFUSED);
      expect((await list()).map(({ name }) => name)).not.toContain('away');
    });

    it('are refused whatever the system or the server says', async () => {
      const text = join(site.folder, 'text');
      writeFileSync(text, 'no database at all\n');
      const urls = [`sqlite:${text}`, `sqlite:${text}/shard.sqlite`];
      if (mark === 'mariadb') urls.push(String(site.shards[0]).replace(/\/[^/]*$/, '/no_such_database'));
      for (const url of urls) {
        expect((await add('broken', url)).body).toEqual(REFUSED);
      }
    });

    it('are left as they were, and nothing is left beside them', async () => {
      const folder = mkdtempSync(join(site.folder, 'odd-'));
      const text = join(folder, 'text');
      writeFileSync(text, 'no database at all\n');
      const before = contentsOf(folder);
      for (const path of [text, join(folder, 'none', 'shard.sqlite')]) {
        expect(outcome(await add('odd', `sqlite:${path}`))).toEqual([409, 'SHARD_REFUSED']);
      }
      expect(contentsOf(folder)).toEqual(before);
    });

    it('are refused at once when they are no files: a pipe would keep the service waiting for ever', async () => {
      const folder = mkdtempSync(join(site.folder, 'pipes-'));
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      symlinkSync('/dev/zero', join(folder, 'device'));
      for (const path of [folder, join(folder, 'pipe'), join(folder, 'device')]) {
        expect((await add('piped', `sqlite:${path}`)).body).toEqual(REFUSED);
      }
      expect(readdirSync(folder).sort()).toEqual(['device', 'pipe']);
    });

    it.each(['/proc/none', '/dev/null', '/no/such/folder'])('are not made in %s', async (folder) => {
      expect(outcome(await add('lost', `sqlite:${folder}/shard.sqlite`))).toEqual([409, 'SHARD_REFUSED']);
      expect(existsSync(folder)).toBe(folder === '/dev/null');
    });
  });

  describe('that are not where the settings allow', () => {
    it('are refused as files outside the data folder, through links too, and beside other databases', async () => {
      const elsewhere = mkdtempSync(join(tmpdir(), 'hotsplit-elsewhere-'));
      symlinkSync(elsewhere, join(site.folder, 'link'));
      symlinkSync(join(elsewhere, 'file.sqlite'), join(site.folder, 'linked.sqlite'));
      const outside = [
        join(elsewhere, 'shard.sqlite'),
        join(site.folder, 'link', 'shard.sqlite'),
        join(site.folder, 'linked.sqlite'),
        join(site.folder, '..', 'shard.sqlite'),
      ];
      const beside = ['-wal', '-shm', '-journal', '.owner'].map((end) =>
        join(site.folder, `later.sqlite${end}`),
      );
      for (const path of [...outside, ...beside])
        expect((await add('outside', `sqlite:${path}`)).body).toEqual(REFUSED);
      expect(readdirSync(elsewhere)).toEqual([]);
      expect(readdirSync(site.folder).filter((name) => name.startsWith('later'))).toEqual([]);
      rmSync(elsewhere, { recursive: true });
    });

    it('are refused on hosts that are not on the list, and nobody is connected to', async () => {
      const connections: unknown[] = [];
      const someone = createServer((socket) => connections.push(socket.destroy()));
      someone.listen(0, '127.0.0.2');
      await once(someone, 'listening');
      const { port } = someone.address() as AddressInfo;
      expect((await add('scan', `mysql://root@127.0.0.2:${port}/db`)).body).toEqual(REFUSED);
      if (mark === 'mariadb') {
        const listed = new URL(String(further.shards[1])).host;
        expect((await add('scan', `mysql://root@${listed},127.0.0.2:${port}/db`)).body).toEqual(REFUSED);
      }
      expect(connections).toEqual([]);
      someone.close();
    });

    // Of an installation on servers: one on files has one process, and its files are its own.
    (mark === 'mariadb' ? it : it.skip).each([['a file'], ['a parameter']])(
      'and were registered by an older build with %s keep nobody from starting',
      async (what) => {
        const url =
          what === 'a file'
            ? `sqlite:${join(site.folder, 'older.sqlite')}`
            : `${String(further.shards[1])}?sslmode=require`;
        const sql = await rawSql(parseLocation(String(site.shards[0])), 'mariadb');
        try {
          await sql.run(
            `INSERT INTO shard (name, url, created_at_us) VALUES ('older', '${url}', UNIX_TIMESTAMP() * 1000000)`,
          );
          const another = await startTestService(site);
          const { items } = await another.rest.page<{ name: string; status: string }>('/v1/admin/shards');
          expect(items.map(({ name, status }) => [name, status])).toContainEqual(['older', 'down']);
          const { body } = await another.rest.get('/readyz');
          expect(body['refused']).toMatchObject({ older: 'SHARD_UNUSABLE' });
          await another.stop();
          expect(existsSync(join(site.folder, 'older.sqlite'))).toBe(false);
        } finally {
          await sql.run(`DELETE FROM shard WHERE name = 'older'`);
          await sql.close();
        }
      },
    );
  });

  it('show no password, in answers and in the log', async () => {
    const secret = 'hunter2';
    for (const url of [
      `mysql://root:${secret}@127.0.0.1`,
      `mysql://root:${secret}@127.0.0.1:99999/db`,
      `mysql://root:${secret}%zz@127.0.0.1/db`,
      `postgres://root:${secret}@127.0.0.1/db`,
      `root:${secret}@127.0.0.1/db`,
      `sqlite:`,
      `sqlite:${secret}.sqlite`,
      `sqlite:./${secret}/../shard.sqlite`,
      `sqlite:/tmp/${secret}\0`,
      `sqlite:/tmp/${secret}\ud800`,
      secret,
    ]) {
      const refused = await add('shown', url);
      expect(outcome(refused)).toEqual([400, 'INVALID_ARGUMENT']);
      expect(refused.body['errors']).toMatchObject([{ field: 'url' }]);
      expect(refused.text).not.toContain(secret);
    }
    expect(log()).not.toContain(secret);
    expect((await rest.get('/metrics')).text).toContain('\nhotsplit_defects_total 0\n');
  });

  describe('that are removed', () => {
    const remove = (name: string): Promise<Answer> => rest.send('DELETE', `/v1/admin/shards/${name}`);

    it('were registered while the service ran, and no account was ever placed on them', async () => {
      expect(outcome(await remove('s0'))).toEqual([409, 'SHARD_IN_USE']);
      // Its account is on it; then moved off it, and has entries there.
      expect(outcome(await remove('late'))).toEqual([409, 'SHARD_IN_USE']);
      await rest.ended(await rest.resize('moved', { count: 2, shards: ['s0'] }));
      expect(outcome(await remove('late'))).toEqual([409, 'SHARD_IN_USE']);
      expect(outcome(await remove('none'))).toEqual([404, 'SHARD_NOT_FOUND']);
      expect((await rest.deduct('moved', 'first', 1)).status).toBe(200);
    });

    it('are gone at once, at every instance, and may come back under their name', async () => {
      const url = further.shards[1];
      expect((await add('mistake', url)).status).toBe(201);
      expect((await remove('mistake')).status).toBe(204);
      expect((await list()).map(({ name }) => name)).not.toContain('mistake');
      expect((await rest.get('/readyz')).body).not.toHaveProperty('shards.mistake');
      for (const n of Array(20).keys())
        expect((await rest.createAccount({ id: `behind-${n}`, subAccounts: 4 })).status).toBe(201);
      expect((await add('mistake', url)).status).toBe(201);
      // Several at once: each finds it gone or removes it.
      const answers = (await Promise.all(Array.from({ length: 4 }, () => remove('mistake')))).map(
        ({ status }) => status,
      );
      expect(answers.filter((status) => status === 204).length).toBeGreaterThan(0);
      expect(answers.filter((status) => status !== 204 && status !== 404)).toEqual([]);
    });

    (mark === 'mariadb' ? it : it.skip)(
      'are let go of by other instances, which place nothing there',
      async () => {
        const another = await startTestService(site);
        try {
          const url = further.shards[1];
          expect((await add('mistake', url)).status).toBe(201);
          expect((await another.rest.get('/v1/admin/shards')).text).toContain('mistake');
          expect((await remove('mistake')).status).toBe(204);
          // It still knows the shard when the first account is placed on it.
          for (const n of Array(30).keys()) {
            const { status, body } = await another.rest.createAccount({
              id: `elsewhere-${n}`,
              subAccounts: 8,
              initialBalance: '8',
            });
            expect([status, body['code']]).toEqual([201, undefined]);
          }
          expect((await another.rest.get('/v1/admin/shards')).text).not.toContain('mistake');
          for (const n of Array(30).keys())
            expect((await rest.deduct(`elsewhere-${n}`, 'all', 8)).status).toBe(201);
        } finally {
          await another.stop();
        }
      },
    );

    it('are not, when an account is being placed on them meanwhile', async () => {
      const url = further.shards[1];
      expect((await add('mistake', url)).status).toBe(201);
      const creations = Array.from({ length: 40 }, (_, n) =>
        rest.createAccount({ id: `raced-${n}`, subAccounts: 8, initialBalance: '8' }),
      );
      const removal = await remove('mistake');
      const created = await Promise.all(creations);
      const isThere = (await list()).some(({ name }) => name === 'mistake');
      expect(outcome(removal)).toEqual(isThere ? [409, 'SHARD_IN_USE'] : [204, undefined]);
      for (const [n, { status }] of created.entries()) {
        // What could not be placed while the removal was decided is placed when it is asked for again.
        if (status !== 201) expect(status).toBe(503);
        const again = await rest.createAccount({ id: `raced-${n}`, subAccounts: 8, initialBalance: '8' });
        expect(again.status).toBe(status === 201 ? 200 : 201);
        expect((await rest.deduct(`raced-${n}`, 'all', 8)).status).toBe(201);
      }
    });
  });

  it.each(['', '-a', 'a b', 'a,b', 'a=b', 'ä', 'x'.repeat(65)])('may not be called %j', async (name) => {
    const refused = await add(name, `sqlite:${join(further.folder, 'never.sqlite')}`);
    expect(outcome(refused)).toEqual([400, 'INVALID_ARGUMENT']);
    expect(refused.body['errors']).toMatchObject([{ field: 'name' }]);
  });
});
