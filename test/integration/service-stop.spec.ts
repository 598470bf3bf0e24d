import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually } from '../setup/eventually';
import { ADMIN_KEY, type Answer, RestClient } from '../setup/rest-client';
import { ServiceProcess } from '../setup/service-process';
import { mariadbSites, type ServiceSite } from '../setup/service-sites';

const IN_FLIGHT = 40;

/** A process that is told to stop while deductions wait for a row that the test holds locked. */
describe('[mariadb] a service that is told to stop', () => {
  let site: ServiceSite;
  let service: ServiceProcess;
  let holder: Connection;

  const makeSite = async (): Promise<void> => {
    site = await mariadbSites.make(1);
    holder = await createConnection(site.shards[0] as string);
  };
  const dropSite = async (): Promise<void> => {
    await service.end();
    await holder.end();
    await site.drop();
  };
  beforeEach(makeSite);
  afterEach(dropSite);

  /** Plays a stop again, on a new site, while a busy machine kept the database from answering in time: that is 503. */
  const untilInTime = async (play: () => Promise<{ readonly isTurnedAway: boolean }>): Promise<void> => {
    await eventually('a stop during which the database answers in time', async () => {
      if (!(await play()).isTurnedAway) return true;
      await dropSite();
      await makeSite();
      return undefined;
    });
  };

  const start = async (settings: Record<string, string> = {}): Promise<void> => {
    service = await ServiceProcess.start({
      ...site,
      settings: { HOTSPLIT_STOP_SECONDS_MAX: '300', ...settings },
    });
    await service.rest.createAccount({ id: 'acct', initialBalance: '1000' });
    await service.rest.deduct('acct', 'warm', 1);
  };
  /** Sends deductions and resolves once the service has all of them and can finish none. */
  const sendIntoLock = async (): Promise<{ answers: Promise<Answer>[]; release: () => Promise<unknown> }> => {
    await holder.query('START TRANSACTION');
    await holder.query('SELECT * FROM sub_account FOR UPDATE');
    const { rest } = service;
    const answers = [rest.deduct('acct', 'k-0', 1)];
    await eventually('the first batch waiting for the row', async () => {
      const [waiting] = await holder.query<RowDataPacket[]>(
        `SELECT 1 FROM information_schema.processlist
          WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE '%FOR UPDATE%'`,
      );
      return waiting.length > 0 ? true : undefined;
    });
    for (let n = 1; n < IN_FLIGHT; n += 1) answers.push(rest.deduct('acct', `k-${n}`, 1));
    await eventually('the others waiting in their lanes', async () => {
      const { text } = await rest.get('/metrics');
      const depths = [...text.matchAll(/^hotsplit_lane_depth\{.*\} (\d+)$/gm)].map(([, depth]) =>
        Number(depth),
      );
      return depths.reduce((sum, depth) => sum + depth, 0) === IN_FLIGHT - 1 ? true : undefined;
    });
    return { answers, release: () => holder.query('ROLLBACK') };
  };
  const noLongerListening = (): Promise<true> =>
    eventually('new connections being refused', async () => {
      const late = new RestClient(service.rest.url);
      try {
        await late.get('/healthz');
        return undefined;
      } catch {
        return true;
      } finally {
        late.close();
      }
    });

  it('answers everything that it has taken, takes nothing new, and ends with 0', async () => {
    await untilInTime(async () => {
      await start();
      const { answers, release } = await sendIntoLock();
      service.signal('SIGTERM');
      await noLongerListening();
      await release();

      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      expect(await service.exit).toEqual({ code: 0, signal: null });
      if (statuses.includes(503)) return { isTurnedAway: true };
      expect(statuses).toEqual(statuses.map(() => 201));
      const [rows] = await holder.query<RowDataPacket[]>('SELECT available FROM sub_account');
      expect(rows).toEqual([{ available: 1_000 - 1 - IN_FLIGHT }]);
      return { isTurnedAway: false };
    });
  });

  it('speaks to the last in the API’s own form on connections that are still open', async () => {
    await untilInTime(async () => {
      await start();
      const { release } = await sendIntoLock();
      const { hostname, port } = new URL(service.rest.url);
      const socket = connect({ host: hostname, port: Number(port) });
      const heard: Buffer[] = [];
      socket.on('data', (part) => heard.push(part));
      const ended = new Promise((resolve) => socket.on('close', resolve));
      const say = (line: string, body = ''): void => {
        socket.write(
          `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_KEY}\r\nContent-Type: application/json\r\n` +
            `Content-Length: ${body.length}\r\n\r\n${body}`,
        );
      };
      say('POST /v1/accounts/acct/deductions', '{"amount":1,"requestId":"open"}');
      await eventually('the request waiting too', async () => {
        const { text } = await service.rest.get('/metrics');
        return text.includes(` ${IN_FLIGHT}\n`) ? true : undefined;
      });
      service.signal('SIGTERM');
      await noLongerListening();
      say('POST /v1/accounts/acct/deductions', '{"amount":1,"requestId":"late"}');
      await release();
      await ended;

      const [first = '', second = ''] = Buffer.concat(heard)
        .toString()
        .split(/(?=HTTP\/1\.1 )/);
      if (/^HTTP\/1\.1 503 /.test(first)) {
        expect(await service.exit).toEqual({ code: 0, signal: null });
        return { isTurnedAway: true };
      }
      expect(first).toMatch(/^HTTP\/1\.1 201 /);
      // Served, or turned away by name; never in a form of its own.
      if (!/^HTTP\/1\.1 201 /.test(second)) {
        expect(second).toMatch(/^HTTP\/1\.1 503 /);
        expect(second).toMatch(/content-type: application\/problem\+json/i);
        expect(second).toMatch(/retry-after: \d/i);
      }
      expect(await service.exit).toEqual({ code: 0, signal: null });
      return { isTurnedAway: false };
    });
  });

  it('ends at once when it is told a second time', async () => {
    await start();
    const { answers, release } = await sendIntoLock();
    const settled = Promise.allSettled(answers);
    service.signal('SIGTERM');
    await noLongerListening();
    service.signal('SIGTERM');
    expect((await service.exit).code).toBe(1);
    await settled;
    await release();
  });

  it('ends anyway when it cannot finish in the time that it is given', async () => {
    await start({ HOTSPLIT_STOP_SECONDS_MAX: '1' });
    const { answers, release } = await sendIntoLock();
    const settled = Promise.allSettled(answers);
    service.signal('SIGINT');
    expect((await service.exit).code).toBe(1);
    await settled;
    await release();
  });

  it.each([
    ['on which nothing was ever said', ''],
    ['whose first request never becomes whole', 'POST /v1/deductions:batch HTTP/1.1\r\nHost: '],
  ])('does not wait for a connection %s', async (_which, words) => {
    await start();
    const { hostname, port } = new URL(service.rest.url);
    const socket = connect({ host: hostname, port: Number(port) });
    let heard = '';
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString()));
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    if (words !== '') socket.write(words);
    // What comes later on another connection says that the service has accepted this one.
    await service.rest.get('/healthz');
    const closed = once(socket, 'close');
    expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await closed;
    // A service that had waited for the rest of the request would have ended it with 408.
    expect(heard).toBe('');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s when there is nothing to do', async (signal) => {
    await start();
    expect(await service.end(signal)).toEqual({ code: 0, signal: null });
    expect(service.stderr).toBe('');
  });
});
