import { eventually } from '../setup/eventually';
import { freePort } from '../setup/free-port';
import { GrpcClient } from '../setup/grpc-client';
import { Nginx, type Ports } from '../setup/nginx';
import { RestClient } from '../setup/rest-client';
import { ServiceProcess } from '../setup/service-process';
import { mariadbSites, type ServiceSite } from '../setup/service-sites';

const CALLERS = 24;
const CONNECTIONS = 4;
const ROUNDS = 3;

const freePorts = async (): Promise<Ports> => ({ http: await freePort(), grpc: await freePort() });

/** Two instances behind the shipped proxy, restarted one after the other while clients go on calling. */
describe('[mariadb] a rolling restart behind the shipped nginx', () => {
  let site: ServiceSite;
  let nginx: Nginx;
  let ports: [Ports, Ports];
  let instances: ServiceProcess[];

  const startInstance = (n: number): Promise<ServiceProcess> => {
    const { http, grpc } = ports[n] as Ports;
    const settings = {
      HOTSPLIT_HTTP_PORT: String(http),
      HOTSPLIT_GRPC_PORT: String(grpc),
      // However long a busy machine takes: what counts is that nothing is cut off.
      HOTSPLIT_STOP_SECONDS_MAX: '250',
    };
    return ServiceProcess.start({ ...site, settings });
  };

  beforeEach(async () => {
    site = await mariadbSites.make(2);
    ports = [await freePorts(), await freePorts()];
    instances = [await startInstance(0), await startInstance(1)];
    nginx = await Nginx.start(await freePorts(), ports);
  });

  afterEach(async () => {
    await nginx.stop();
    for (const instance of instances) await instance.end();
    await site.drop();
  });

  it('fails no call, neither over gRPC nor over REST', async () => {
    const rest = new RestClient(`http://127.0.0.1:${nginx.ports.http}`);
    await rest.createAccount({ id: 'acct', subAccounts: 8, initialBalance: '1000000' });
    const clients = Array.from(
      { length: CONNECTIONS },
      () => new GrpcClient(`127.0.0.1:${nginx.ports.grpc}`),
    );
    let isOver = false;
    const failures: unknown[] = [];
    const answered = { grpc: 0, rest: 0 };
    const callGrpc = async (caller: number): Promise<void> => {
      for (let n = 0; !isOver; n += 1) {
        const outcome = await (clients[caller % CONNECTIONS] as GrpcClient).call(
          'hotsplit.v1.DeductionService/Deduct',
          { accountId: 'acct', requestId: `g-${caller}-${n}`, amount: '1' },
        );
        if (outcome.kind === 'failed') failures.push(outcome);
        else answered.grpc += 1;
      }
    };
    const callRest = async (caller: number): Promise<void> => {
      for (let n = 0; !isOver; n += 1) {
        const { status, text } = await rest.deduct('acct', `r-${caller}-${n}`, 1);
        if (status === 200 || status === 201) answered.rest += 1;
        else failures.push({ status, text });
      }
    };
    const callers = Array.from({ length: CALLERS }, (_, n) => (n % 4 === 0 ? callRest(n) : callGrpc(n)));
    const moreAnswers = async (): Promise<void> => {
      const before = { ...answered };
      await eventually('further answers at both doors', () =>
        Promise.resolve(
          answered.grpc > before.grpc + 100 && answered.rest > before.rest + 20 ? true : undefined,
        ),
      );
    };

    for (let round = 0; round < ROUNDS; round += 1)
      for (const n of instances.keys()) {
        await moreAnswers();
        expect(await (instances[n] as ServiceProcess).end('SIGTERM')).toEqual({ code: 0, signal: null });
        await moreAnswers();
        instances[n] = await startInstance(n);
      }
    await moreAnswers();
    isOver = true;
    await Promise.all(callers);
    for (const client of clients) client.close();
    // What nginx has sent to the other instance in time is in its log too.
    const complaints = failures.length === 0 ? [] : nginx.complaints;
    expect({ failures, complaints }).toEqual({ failures: [], complaints: [] });
    expect(await rest.available('acct')).toBe(1_000_000n - BigInt(answered.grpc + answered.rest));
    rest.close();
  });

  it('fails no administrative call while one of them is gone', async () => {
    const rest = new RestClient(`http://127.0.0.1:${nginx.ports.http}`);
    await rest.createAccount({ id: 'acct', subAccounts: 2 });
    await (instances[0] as ServiceProcess).end('SIGKILL');
    const statuses = new Set<number>();
    // nginx takes the instances in turn.
    for (let n = 0; n < 4; n += 1) {
      statuses.add((await rest.get('/v1/admin/shards')).status);
      statuses.add((await rest.send('POST', '/v1/admin/accounts/acct/rebalance')).status);
    }
    expect(statuses).toEqual(new Set([200, 202]));
    rest.close();
  });
});
