import { once } from 'node:events';
import { createServer } from 'node:net';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { eventually } from '../setup/eventually';
import { inTurns } from '../setup/in-turns';
import { ADMIN_KEY, type Answer, RestClient } from '../setup/rest-client';
import { serviceEnvironment } from '../setup/service';
import { ServiceProcess } from '../setup/service-process';
import { mariadbSites, type ServiceSite } from '../setup/service-sites';

const count = (length: number): number[] => Array.from({ length }, (_, n) => n);

/** Several worker processes on one port. Each client here has one connection, which is one worker's for good. */
describe('[mariadb] a service of two workers', () => {
  let site: ServiceSite;
  let service: ServiceProcess;
  let clients: RestClient[];

  const makeSite = async (): Promise<void> => {
    site = await mariadbSites.make(2);
    clients = [];
  };
  const end = async (): Promise<void> => {
    for (const client of clients) client.close();
    await service.end();
    await site.drop();
  };
  const settings = { HOTSPLIT_WORKERS: '2', HOTSPLIT_LOG_LEVEL: 'info' };
  const start = async (more: Record<string, string> = {}): Promise<void> => {
    service = await ServiceProcess.start({ ...site, settings: { ...settings, ...more } });
    clients = count(16).map(() => new RestClient(service.rest.url, ADMIN_KEY, 1));
    // Dealt in turn, and kept alive from here on.
    for (const client of clients) expect((await client.get('/healthz')).status).toBe(200);
  };
  const client = (n: number): RestClient => clients[n % clients.length] as RestClient;
  /** The processes that have told that they serve, in that order. */
  const pidsOf = (): number[] =>
    [...service.stderr.matchAll(/"worker":\d+,"pid":(\d+)/g)]
      .map(([, pid]) => Number(pid))
      .filter((pid, position, all) => all.indexOf(pid) === position);
  const processes = ({ text }: Answer): number => Number(/^hotsplit_processes (\d+)$/m.exec(text)?.[1]);
  const applied = ({ text }: Answer): number =>
    Number(/^hotsplit_commands_total\{kind="deduct",outcome="applied"\} (\d+)$/m.exec(text)?.[1] ?? 0);
  /** As a client that gets no answer must: again with the same key, on a new connection where the old one has ended. */
  const deductSurely = (n: number, key: string): Promise<number> =>
    eventually(`an answer to ${key}`, async () => {
      const answer = await client(n)
        .deduct('acct', key, 1)
        .catch(() => undefined);
      return answer && answer.status < 500 ? answer.status : undefined;
    });

  describe('that goes on', () => {
    beforeAll(async () => {
      await makeSite();
      await start();
    });

    afterAll(end);

    it('says once where it listens, deals connections to both, and tells the metrics of both on each', async () => {
      expect(service.stdout.match(/^REST /gm)).toHaveLength(1);
      expect(pidsOf()).toHaveLength(2);
      await service.rest.createAccount({ id: 'acct', subAccounts: 8, initialBalance: '1000' });
      const answers = await Promise.all(count(64).map((n) => client(n).deduct('acct', `k-${n}`, 1)));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
      for (const n of count(4)) {
        // A worker that a busy machine keeps from answering in time is left out of a scrape.
        const scrape = await eventually('the metrics of both', async () => {
          const answer = await client(n).get('/metrics');
          return processes(answer) === 2 ? answer : undefined;
        });
        expect(applied(scrape)).toBe(64);
        expect(scrape.text).toMatch(/^hotsplit_shard_up\{shard="s0"\} 1$/m);
      }
      expect((await client(1).get('/readyz')).body['status']).toBe('ready');
    });

    it('tells the metrics of those that answer, and does not wait for one that is stopped', async () => {
      const [one, other] = pidsOf() as [number, number];
      process.kill(one, 'SIGSTOP');
      try {
        const scrape = await Promise.any(clients.slice(0, 4).map((each) => each.get('/metrics')));
        expect(processes(scrape)).toBe(1);
      } finally {
        process.kill(one, 'SIGCONT');
      }
      expect(other).not.toBe(one);
    });

    it('fails a scrape at once that the primary does not answer, and tells of all again when it does', async () => {
      service.signal('SIGSTOP');
      try {
        expect(await client(0).get('/metrics')).toMatchObject({ status: 503, body: { code: 'OVERLOADED' } });
      } finally {
        service.signal('SIGCONT');
      }
      await eventually('the metrics of both', async () =>
        processes(await client(0).get('/metrics')) === 2 ? true : undefined,
      );
    });

    it('lets every worker know at once how an account has been changed by one', async () => {
      await service.rest.createAccount({ id: 'leased', initialBalance: '100000' });
      for (const n of count(16)) expect((await client(n).deduct('leased', `warm-${n}`, 1)).status).toBe(201);
      await client(0).put('/v1/admin/accounts/leased/strategy', { strategy: 'leased' });
      // Without the notice each would go by its cached record for a minute.
      let tries = 0;
      await eventually('every worker answering from its lease', async () => {
        tries += 1;
        const answers = await Promise.all(
          clients.map((each, n) => each.deduct('leased', `t-${tries}-${n}`, 1)),
        );
        return answers.every(({ body }) => body['durability'] === 'deferred') ? true : undefined;
      });
    });
  });

  describe('of which something ends', () => {
    beforeEach(makeSite);

    afterEach(end);

    it('replaces a worker that is killed under load; every request is carried out once, and no counter falls', async () => {
      await start();
      await service.rest.createAccount({ id: 'acct', subAccounts: 8, initialBalance: '100000' });
      const keys = count(1_500).map((n) => `k-${n}`);
      let before = 0;
      const statuses = await inTurns(keys, 16, async (key) => {
        const n = Number(key.slice(2));
        if (n === 500) {
          before = applied(await client(0).get('/metrics'));
          process.kill(pidsOf()[0] as number, 'SIGKILL');
        }
        return deductSurely(n, key);
      });
      expect(statuses.filter((status) => status !== 201 && status !== 200)).toEqual([]);
      const scrape = await eventually('two workers again', async () => {
        const answer = await client(0)
          .get('/metrics')
          .catch(() => undefined);
        return answer && processes(answer) === 2 ? answer : undefined;
      });
      expect(before).toBeGreaterThan(0);
      expect(applied(scrape)).toBeGreaterThanOrEqual(before);
      expect(pidsOf()).toHaveLength(3);
      expect(service.stderr).toContain('a worker has ended and is replaced');
      expect(await client(0).available('acct')).toBe(100_000n - 1_500n);
      const audit = await client(0).ended(await client(0).post('/v1/admin/audits', {}));
      expect(audit).toMatchObject({ status: 'done', result: { findings: [] } });
    });

    it('replaces a worker that is frozen, with what it was dealt meanwhile; every request is carried out once', async () => {
      await start({ HOTSPLIT_WORKER_SILENT_SECONDS_MAX: '2' });
      await service.rest.createAccount({ id: 'acct', subAccounts: 8, initialBalance: '1000' });
      const frozen = pidsOf()[0] as number;
      process.kill(frozen, 'SIGSTOP');
      // Some of these are dealt to it.
      clients.push(...count(8).map(() => new RestClient(service.rest.url, ADMIN_KEY, 1)));
      const statuses = await inTurns(
        clients.map((_, n) => n),
        clients.length,
        (n) => deductSurely(n, `k-${n}`),
      );
      expect(statuses.filter((status) => status !== 201 && status !== 200)).toEqual([]);
      await eventually('the end of the frozen one', () =>
        Promise.resolve(isAlive(frozen) ? undefined : true),
      );
      const scrape = await eventually('two workers again', async () => {
        const answer = await client(0).get('/metrics');
        return processes(answer) === 2 ? answer : undefined;
      });
      // On a busy machine the other one may have been silent for too long, too.
      expect(scrape.text).toMatch(/^hotsplit_workers_replaced_total\{reason="silent"\} [1-9]/m);
      expect(scrape.text).toMatch(/^hotsplit_workers_replaced_total\{reason="ended"\} 0$/m);
      expect(service.stderr).toContain('a worker does not answer and is killed');
      expect(await client(0).available('acct')).toBe(1_000n - BigInt(clients.length));
    });

    it('answers what all workers have taken before it ends with 0, though the signal reached every process', async () => {
      await start({ HOTSPLIT_STOP_SECONDS_MAX: '300' });
      await service.rest.createAccount({ id: 'acct', initialBalance: '1000' });
      const holder = await createConnection(site.shards[0] as string);
      try {
        await holder.query('START TRANSACTION');
        await holder.query('SELECT * FROM sub_account FOR UPDATE');
        const answers = clients.map((each, n) => each.deduct('acct', `k-${n}`, 1));
        const home = async (): Promise<true | undefined> => {
          const [waiting] = await holder.query<RowDataPacket[]>(
            `SELECT 1 FROM information_schema.processlist
              WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE '%FOR UPDATE%'`,
          );
          return waiting.length === 2 ? true : undefined;
        };
        await eventually('a batch of each worker waiting for the row', home);
        for (const pid of pidsOf()) process.kill(pid, 'SIGTERM');
        service.signal('SIGTERM');
        // No longer than it has to: a batch is tried for some seconds only.
        await eventually('the stop', () =>
          Promise.resolve(service.stderr.includes('"the service stops"') ? true : undefined),
        );
        await holder.query('ROLLBACK');
        for (const { status } of await Promise.all(answers)) expect(status).toBe(201);
        expect(await service.exit).toEqual({ code: 0, signal: null });
      } finally {
        await holder.end();
      }
    });

    it('leaves no worker behind when the primary is killed', async () => {
      await start();
      const pids = pidsOf();
      await service.end('SIGKILL');
      await eventually('the end of both', () =>
        Promise.resolve(pids.some((pid) => isAlive(pid)) ? undefined : true),
      );
    });

    it('ends with what its worker says, once, when a worker cannot start', async () => {
      const taken = createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const { port } = taken.address() as { port: number };
      await start();
      const ended = await ServiceProcess.runToEnd({
        ...serviceEnvironment({ ...site, settings }),
        HOTSPLIT_HTTP_PORT: String(port),
      });
      expect(ended).toMatchObject({ code: 1, stdout: '' });
      expect(ended.stderr.match(/^\S+ EADDRINUSE/gm)).toHaveLength(1);
      const swapped = await ServiceProcess.runToEnd(
        serviceEnvironment({ ...site, shards: [...site.shards].reverse(), settings }),
      );
      expect(swapped).toMatchObject({ code: 1, stdout: '' });
      expect(swapped.stderr.trim().split('\n')).toHaveLength(1);
      taken.close();
    });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
