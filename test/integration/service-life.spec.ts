import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { eventually } from '../setup/eventually';
import { freePort } from '../setup/free-port';
import { GrpcClient } from '../setup/grpc-client';
import { ADMIN_KEY, RestClient } from '../setup/rest-client';
import { serviceEnvironment } from '../setup/service';
import { ServiceProcess } from '../setup/service-process';
import { mariadbSites, type ServiceSite, sqliteSites } from '../setup/service-sites';

const WAYS = [
  ['one process', '1'],
  ['two workers', '2'],
] as const;

/** Long enough for the test to end it with a second signal. */
const FOR_EVER = '300';

describe.each(WAYS)('[mariadb] a service of %s', (_way, workers) => {
  let site: ServiceSite;
  let service: ServiceProcess;

  beforeEach(async () => {
    site = await mariadbSites.make(1);
  });

  afterEach(async () => {
    await service.end();
    await site.drop();
  });

  const settings = (more: Record<string, string> = {}): Record<string, string> => ({
    HOTSPLIT_WORKERS: workers,
    HOTSPLIT_LOG_LEVEL: 'info',
    ...more,
  });
  const launchOn = async (more: Record<string, string> = {}): Promise<ServiceProcess> => {
    const port = await freePort();
    const environment = serviceEnvironment({
      ...site,
      settings: settings({ HOTSPLIT_HTTP_PORT: String(port), ...more }),
    });
    return ServiceProcess.launch(environment, `http://127.0.0.1:${port}`);
  };
  const served = (): Promise<true> =>
    eventually('the service being ready', async () => {
      const { status } = await service.rest.get('/readyz').catch(() => ({ status: 0 }));
      return status === 200 ? true : undefined;
    });

  it('goes on without anybody who reads what it prints and logs, and stops in order', async () => {
    service = await launchOn();
    service.dropReaders();
    await served();
    await service.rest.createAccount({ id: 'acct', initialBalance: '1000' });
    for (const n of Array(8).keys()) {
      // Each is logged, by a worker or by the only process there is.
      const url = `mysql://nobody:secret@127.0.0.1:1/none${n}`;
      const client = new RestClient(service.rest.url, ADMIN_KEY, 1);
      expect((await client.post('/v1/admin/shards', { name: `n${n}`, url })).status).toBeGreaterThanOrEqual(
        400,
      );
      expect((await client.deduct('acct', `k-${n}`, 1)).status).toBe(201);
      client.close();
    }
    expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('is not ready before it can be stopped in order', async () => {
    service = await launchOn();
    await served();
    expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('stops in order when its terminal hangs up, and opens no debugger', async () => {
    service = await ServiceProcess.start({ ...site, settings: settings({ HOTSPLIT_LOG_LEVEL: 'error' }) });
    service.signal('SIGUSR1');
    await service.rest.get('/healthz');
    expect(await service.end('SIGHUP')).toEqual({ code: 0, signal: null });
    expect(service.stderr).toBe('');
  });

  it('serves on while it drains, and says at both doors that it stops', async () => {
    service = await ServiceProcess.start({
      ...site,
      settings: settings({ HOTSPLIT_DRAIN_SECONDS: FOR_EVER }),
    });
    await service.rest.createAccount({ id: 'acct', initialBalance: '1000' });
    service.signal('SIGTERM');
    await eventually('readiness telling of the stop', async () => {
      const client = new RestClient(service.rest.url, ADMIN_KEY, 1);
      const { status, body } = await client.get('/readyz');
      client.close();
      return status === 503 && body['status'] === 'stopping' ? true : undefined;
    });
    // All workers know by now, or know soon: the one that is asked last is in doubt.
    const late = new RestClient(service.rest.url, ADMIN_KEY, 1);
    expect((await late.deduct('acct', 'late', 1)).status).toBe(201);
    await eventually('a connection being led elsewhere', async () => {
      const { headers } = await late.get('/healthz');
      return headers['connection'] === 'close' ? true : undefined;
    });
    late.close();
    const grpc = new GrpcClient(service.grpcUrl.replace('http://', ''));
    await eventually('the health service telling of the stop', async () => {
      const outcome = await grpc.call('grpc.health.v1.Health/Check', {});
      return outcome.kind === 'answered' && outcome.message['status'] === 'NOT_SERVING' ? true : undefined;
    });
    const deducted = await grpc.call('hotsplit.v1.DeductionService/Deduct', {
      accountId: 'acct',
      requestId: 'late-2',
      amount: '1',
    });
    expect(deducted.kind).toBe('answered');
    grpc.close();
    expect((await service.end('SIGTERM')).code).toBe(1);
  });

  it('ends in order behind its drain time', async () => {
    service = await ServiceProcess.start({ ...site, settings: settings({ HOTSPLIT_DRAIN_SECONDS: '1' }) });
    expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});

describe('a service that cannot start says why in one line', () => {
  let site: ServiceSite;

  beforeEach(async () => {
    site = await sqliteSites.make(1);
  });

  afterEach(() => site.drop());

  const refusalOf = async (
    settings: Record<string, string>,
    of: Pick<ServiceSite, 'folder' | 'shards'> = site,
  ): Promise<string> => {
    const ended = await ServiceProcess.runToEnd(serviceEnvironment({ ...of, settings }));
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).not.toContain('    at ');
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
    return ended.stderr;
  };

  it.each([['HOTSPLIT_HTTP_PORT'], ['HOTSPLIT_GRPC_PORT']])('when %s is taken', async (variable) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    try {
      expect(await refusalOf({ [variable]: String(port) })).toContain(String(port));
    } finally {
      taken.close();
    }
  });

  it('when its host is none', async () => {
    expect(await refusalOf({ HOTSPLIT_HOST: 'host.invalid' })).toContain('host.invalid');
  });

  it.each([['with a key of its own'], ['with one to generate']])(
    'when its data folder cannot be made, %s',
    async (which) => {
      writeFileSync(join(site.folder, 'file'), '');
      const folder = join(site.folder, 'file', 'data');
      const key: Record<string, string> = which === 'with one to generate' ? { HOTSPLIT_ADMIN_KEY: '' } : {};
      expect(await refusalOf({ HOTSPLIT_SHARDS: '', ...key }, { folder, shards: [] })).toMatch(
        /^FOLDER_NOT_WRITABLE: .*ENOTDIR/,
      );
    },
  );

  it('and makes its data folder for its owner only', async () => {
    const folder = join(site.folder, 'made', 'here');
    const service = await ServiceProcess.start({
      folder,
      shards: [],
      settings: { HOTSPLIT_SHARDS: '', HOTSPLIT_ADMIN_KEY: '' },
    });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await service.end();
  });
});

describe('[mariadb] a service whose database does not let it in says so in one line', () => {
  let site: ServiceSite;

  beforeEach(async () => {
    site = await mariadbSites.make(2);
  });

  afterEach(() => site.drop());

  const as = (url: string, user: string, password: string): string =>
    Object.assign(new URL(url), { username: user, password }).toString();
  /** Lets a user of its own do `privileges` on the site's databases for as long as `use` takes. */
  const withUser = async (privileges: string, use: (user: string) => Promise<void>): Promise<void> => {
    const user = `u${process.pid}_${Date.now() % 1_000_000}`;
    const admins = await Promise.all(site.shards.map((url) => createConnection(url)));
    try {
      for (const [n, admin] of admins.entries()) {
        const database = new URL(site.shards[n] as string).pathname.slice(1);
        await admin.query(`CREATE USER IF NOT EXISTS '${user}'@'%' IDENTIFIED BY 'right'`);
        await admin.query(`GRANT ${privileges} ON \`${database}\`.* TO '${user}'@'%'`);
      }
      await use(user);
    } finally {
      for (const admin of admins) {
        await admin.query(`DROP USER IF EXISTS '${user}'@'%'`);
        await admin.end();
      }
    }
  };
  const startAndEnd = async (): Promise<void> => {
    const service = await ServiceProcess.start(site);
    await service.end('SIGTERM');
  };
  const refusal = async (shards: readonly string[]): Promise<string> => {
    const ended = await ServiceProcess.runToEnd(
      serviceEnvironment({ ...site, shards, settings: { HOTSPLIT_LOG_LEVEL: 'info' } }),
    );
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(ended.stderr).toMatch(/^DATABASE_ACCESS_DENIED: directory: /);
    return ended.stderr;
  };

  it('at a wrong password, without the password', async () => {
    await withUser('ALL', async (user) => {
      const told = await refusal(site.shards.map((url) => as(url, user, 'wrong-hunter2')));
      expect(told).toContain(user);
      expect(told).not.toContain('hunter2');
    });
  });

  it('as a user that may only read, on an empty database and on one of its own', async () => {
    await withUser('SELECT', async (user) => {
      const readOnly = site.shards.map((url) => as(url, user, 'right'));
      await refusal(readOnly);
      await startAndEnd();
      await refusal(readOnly);
    });
  });

  it('and starts without the one shard that does not, naming it in its readiness', async () => {
    await startAndEnd();
    await withUser('SELECT', async (user) => {
      const [first = '', second = ''] = site.shards;
      const service = await ServiceProcess.start({ ...site, shards: [first, as(second, user, 'right')] });
      const { body } = await service.rest.get('/readyz');
      expect(body).toMatchObject({
        status: 'unavailable',
        shards: { s0: 'up', s1: 'down' },
        refused: { s1: 'DATABASE_ACCESS_DENIED' },
      });
      expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
      const lines = service.stderr.trimEnd().split('\n');
      expect(lines.filter((line) => line.includes('DATABASE_ACCESS_DENIED'))).toHaveLength(1);
      expect(service.stderr).not.toContain('"stack"');
    });
  });
});
