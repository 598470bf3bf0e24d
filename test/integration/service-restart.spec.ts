import Sqlite from 'better-sqlite3';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../setup/eventually';
import { inTurns } from '../setup/in-turns';
import { ADMIN_KEY, sumOf } from '../setup/rest-client';
import { serviceEnvironment } from '../setup/service';
import { ServiceProcess } from '../setup/service-process';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

const SHARDS = 4;

/** The service as a process on the embedded store, killed without warning and started again. */
describe('[sqlite] a service that was killed', () => {
  let site: ServiceSite;
  let service: ServiceProcess;

  beforeEach(async () => {
    site = await sqliteSites.make(SHARDS);
    service = await ServiceProcess.start(site);
  });

  afterEach(async () => {
    await service.end();
    await site.drop();
  });

  const startAgain = async (): Promise<void> => {
    await service.end('SIGKILL');
    service = await ServiceProcess.start(site);
  };
  /** Looks into a shard's file while no service has it open. */
  const inFile = <T>(shard: number, use: (file: Sqlite.Database) => T): T => {
    const file = new Sqlite(join(site.folder, `shard-${shard}.sqlite`));
    try {
      return use(file);
    } finally {
      file.close();
    }
  };

  it('has kept whatever it acknowledged, and carries out or replays every retry', async () => {
    await service.rest.createAccount({ id: 'acct', subAccounts: 8, initialBalance: '100000' });
    const keys = Array.from({ length: 900 }, (_, n) => `k-${n}`);
    const acknowledged = new Map<string, string>();

    for (const killAt of [100, 350, 600]) {
      const { rest } = service;
      let dead: Promise<unknown> | undefined;
      await inTurns(keys, 48, async (key) => {
        if (dead || acknowledged.has(key)) return;
        try {
          const answer = await rest.deduct('acct', key, 3);
          if (answer.status === 201 || answer.status === 200) acknowledged.set(key, answer.text);
        } catch {
          // Unknown outcome: the process died before it answered.
        }
        if (acknowledged.size >= killAt) dead ??= service.end('SIGKILL');
      });
      await dead;
      service = await ServiceProcess.start(site);

      const replays = await inTurns([...acknowledged], 16, async ([key, text]) => {
        const again = await service.rest.deduct('acct', key, 3);
        return again.status === 200 && again.text === text;
      });
      expect(replays.every(Boolean)).toBe(true);
    }

    const answers = await inTurns(keys, 32, (key) => service.rest.deduct('acct', key, 3));
    expect(answers.every(({ status }) => status === 200 || status === 201)).toBe(true);
    const entries = await service.rest.entries('acct');
    expect(entries).toHaveLength(keys.length + 1);
    expect(sumOf(entries)).toBe(100_000n - 2_700n);
    expect((await service.rest.get('/v1/accounts/acct/balance')).body).toMatchObject({
      available: '97300',
      inTransit: '0',
    });
  });

  it('finishes the creation of an account that was cut off before its rows and its opening balance stood', async () => {
    const body = { id: 'cut-off', subAccounts: 8, initialBalance: '500' };
    const created = await service.rest.createAccount(body);
    await service.end();
    for (let shard = 0; shard < SHARDS; shard += 1) {
      inFile(shard, (file) => file.exec('DELETE FROM sub_account; DELETE FROM entry; DELETE FROM transfer'));
    }
    inFile(0, (file) => file.exec(`UPDATE account SET creation = 'creating'`));
    service = await ServiceProcess.start(site);

    await eventually('the opening balance', async () =>
      (await service.rest.available('cut-off')) === 500n ? true : undefined,
    );
    const again = await service.rest.createAccount(body);
    expect([again.status, again.body]).toEqual([200, created.body]);
    expect(await service.rest.entries('cut-off')).toHaveLength(1);
    await service.end('SIGTERM');
    expect(inFile(0, (file) => file.prepare('SELECT creation FROM account').pluck().get())).toBe('done');
  });

  it('finishes a creation at once when it is asked for it again', async () => {
    const body = { id: 'cut-off', subAccounts: 2, initialBalance: '500' };
    await service.rest.createAccount(body);
    await service.end();
    for (let shard = 0; shard < SHARDS; shard += 1) {
      inFile(shard, (file) => file.exec('DELETE FROM sub_account; DELETE FROM entry; DELETE FROM transfer'));
    }
    inFile(0, (file) => file.exec(`UPDATE account SET creation = 'creating'`));
    service = await ServiceProcess.start(site);
    expect((await service.rest.createAccount(body)).status).toBe(200);
    expect((await service.rest.deduct('cut-off', 'k', 1)).status).toBe(201);
    expect(await service.rest.available('cut-off')).toBe(499n);
  });

  it('lets money arrive that had left one shard and not reached the other', async () => {
    await service.rest.createAccount({ id: 'acct', subAccounts: SHARDS, initialBalance: '400' });
    await service.end();
    const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
    const departed = shards.filter((shard) =>
      inFile(shard, (file) => file.prepare(`SELECT 1 FROM transfer WHERE direction = 'out'`).get()),
    );
    expect(departed).toHaveLength(1);
    for (const shard of shards) {
      inFile(shard, (file) => {
        file.exec(`UPDATE transfer SET pending = 1 WHERE direction = 'out'`);
        file.exec(`UPDATE sub_account SET available = 0, moved = 0 WHERE EXISTS
          (SELECT 1 FROM transfer WHERE direction = 'in' AND to_sub_account = idx)`);
        file.exec(`DELETE FROM transfer WHERE direction = 'in'`);
      });
    }
    service = await ServiceProcess.start(site);

    await eventually('the money arriving', async () => {
      const { body } = await service.rest.get('/v1/accounts/acct/balance');
      expect(body['available']).toBe('400');
      return body['inTransit'] === '0' ? true : undefined;
    });
    await service.end('SIGTERM');
    const available = shards.map((shard) =>
      inFile(shard, (file) => file.prepare('SELECT available FROM sub_account').pluck().all()),
    );
    expect(available).toEqual(shards.map(() => [100]));
    const pending = shards.map((shard) =>
      inFile(shard, (file) => file.prepare('SELECT 1 FROM transfer WHERE pending = 1').all()),
    );
    expect(pending.flat()).toEqual([]);
  });

  it('starts again on the same folder at once, because its lock died with it', async () => {
    await service.rest.createAccount({ id: 'acct', initialBalance: '7' });
    for (let turn = 0; turn < 3; turn += 1) await startAgain();
    expect(await service.rest.available('acct')).toBe(7n);
  });

  it('is the only one on its folder: a second process is refused by name and changes nothing', async () => {
    await service.rest.createAccount({ id: 'acct', initialBalance: '7' });
    const second = await ServiceProcess.runToEnd(serviceEnvironment(site));
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toMatch(/^DATA_FOLDER_IN_USE: /m);
    expect((await service.rest.deduct('acct', 'k', 1)).status).toBe(201);
  });
});

describe('[sqlite] the start of a service', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-start-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('generates an admin key once, shows it once and keeps it for its owner only', async () => {
    const environment = { folder, shards: [], settings: { HOTSPLIT_ADMIN_KEY: '', HOTSPLIT_SHARDS: '' } };
    const first = await ServiceProcess.start(environment);
    const path = join(folder, 'admin.key');
    const key = readFileSync(path, 'utf8').trim();
    await eventually('the key being shown', () =>
      Promise.resolve(first.stdout.includes(key) ? true : undefined),
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await first.rest.as(key).get('/readyz')).body['shards']).toEqual({
      s0: 'up',
      s1: 'up',
      s2: 'up',
      s3: 'up',
    });
    expect((await first.rest.as(key).get('/v1/accounts')).status).toBe(200);
    await first.end('SIGTERM');

    const second = await ServiceProcess.start(environment);
    expect(second.stdout).not.toContain(key);
    expect((await second.rest.as(key).get('/v1/accounts')).status).toBe(200);
    await second.end('SIGTERM');
    expect(first.stderr + second.stderr).not.toContain(key);
  });

  it('reports every fault of the settings together, and no secret', async () => {
    const { code, stdout, stderr } = await ServiceProcess.runToEnd({
      HOTSPLIT_DATA_DIR: folder,
      HOTSPLIT_HTTP_PORT: '70000',
      HOTSPLIT_LANES_PER_SHARD: '0',
      HOTSPLIT_LOG_LEVEL: 'loud',
      HOTSPLIT_WAIT_MS_MAX: '1.5',
      HOTSPLIT_ADMIN_KEY: 'secret-1',
      HOTSPLIT_SHARDS: 'mysql://user:secret-2@host,postgres://user:secret-3@host/db,a=sqlite:x,a=sqlite:y',
      HOTSPLIT_DIRECTORY: 'user:secret-4@host/db',
      HOTSPLIT_SHARD: 'sqlite:z',
    });
    expect([code, stdout]).toEqual([1, '']);
    for (const variable of [
      'HOTSPLIT_HTTP_PORT',
      'HOTSPLIT_LANES_PER_SHARD',
      'HOTSPLIT_LOG_LEVEL',
      'HOTSPLIT_WAIT_MS_MAX',
      'HOTSPLIT_ADMIN_KEY',
      'HOTSPLIT_SHARDS, entry 1',
      'HOTSPLIT_SHARDS, entry 2',
      'HOTSPLIT_SHARDS names a shard twice: a',
      'HOTSPLIT_DIRECTORY',
      'HOTSPLIT_SHARD:',
    ]) {
      expect(stderr).toContain(variable);
    }
    expect(stderr).not.toMatch(/secret-\d/);
    expect(stderr).not.toContain('    at ');
  });

  it('gives up on a directory that does not answer in time, without telling its password', async () => {
    const { code, stderr } = await ServiceProcess.runToEnd({
      HOTSPLIT_DATA_DIR: folder,
      HOTSPLIT_HTTP_PORT: '0',
      HOTSPLIT_GRPC_PORT: '0',
      HOTSPLIT_ADMIN_KEY: ADMIN_KEY,
      HOTSPLIT_SHARDS: 'mysql://user:secret-1@127.0.0.1:1/db',
      HOTSPLIT_START_SECONDS_MAX: '1',
      HOTSPLIT_LOG_LEVEL: 'debug',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/directory/);
    expect(stderr).not.toContain('secret-1');
    expect(stderr).not.toContain(ADMIN_KEY);
  });
});
