import { eventually } from '../setup/eventually';
import { inTurns } from '../setup/in-turns';
import type { RestClient } from '../setup/rest-client';
import { ServiceProcess } from '../setup/service-process';
import { SITES, type ServiceSite, type SiteKind } from '../setup/service-sites';
import { TCC_CASES, TccAccount } from '../setup/tcc-cases';

const SHARDS = 4;
const SIDE_BY_SIDE = 4;

interface Running {
  service: ServiceProcess;
  readonly restart: () => Promise<void>;
}

interface Disturbance {
  readonly title: string;
  /** Others have it among theirs. */
  readonly isPart?: true;
  readonly between: (accounts: readonly TccAccount[], running: Running) => Promise<void>;
}

const resizeAll = (
  accounts: readonly TccAccount[],
  plan: (shards: readonly string[]) => { count: number; shards: readonly string[] },
): Promise<unknown> =>
  inTurns([...accounts], SIDE_BY_SIDE, async ({ rest, id }) => {
    const begun = await rest.resize(id, plan(await shardsOf(rest, id)));
    expect(await rest.ended(begun)).toMatchObject({ status: 'done' });
  });

const sameShards = (accounts: readonly TccAccount[]): Promise<unknown> =>
  resizeAll(accounts, (shards) => ({ count: 2, shards }));

const otherShards = (accounts: readonly TccAccount[]): Promise<unknown> =>
  resizeAll(accounts, (shards) => ({ count: 3, shards: ALL.filter((name) => !shards.includes(name)) }));

const ALL = ['s0', 's1', 's2', 's3'];

const DISTURBANCES: readonly Disturbance[] = [
  { title: 'nothing between', between: () => Promise.resolve() },
  {
    title: 'a resize on the same shards between',
    between: async (accounts) => {
      await sameShards(accounts);
    },
  },
  {
    title: 'a move to other shards between',
    isPart: true,
    between: async (accounts) => {
      await otherShards(accounts);
    },
  },
  {
    title: 'a kill between',
    isPart: true,
    between: (_, { restart }) => restart(),
  },
  {
    title: 'a move to other shards, a kill and a move back between',
    between: async (accounts, { restart }) => {
      await otherShards(accounts);
      await restart();
      await otherShards(accounts);
    },
  },
];

/**
 * What each disturbance does to an account is the same on every store: on servers the last one has them all.
 * `HOTSPLIT_TEST_STORES=all` has each alone, on every store.
 */
function disturbancesOn(mark: SiteKind['mark']): readonly Disturbance[] {
  if (process.env['HOTSPLIT_TEST_STORES'] === 'all') return DISTURBANCES;
  return mark === 'sqlite' ? DISTURBANCES.filter(({ isPart }) => !isPart) : DISTURBANCES.slice(-1);
}

/** Try, confirm, cancel and reverse in every order, through the real service as a process. */
describe.each(SITES)('[$mark] holds and reversals', ({ make, mark }) => {
  describe.each(disturbancesOn(mark))('with $title', ({ between }) => {
    let site: ServiceSite;
    let service: ServiceProcess;
    let accounts: readonly TccAccount[];
    const failed = new Map<string, unknown>();

    beforeAll(async () => {
      site = await make(SHARDS);
      service = await ServiceProcess.start(site);
      const running: Running = {
        service,
        restart: async () => {
          await service.end('SIGKILL');
          service = await ServiceProcess.start(site);
        },
      };
      accounts = await inTurns(
        TCC_CASES.map((_, number) => number),
        SIDE_BY_SIDE,
        async (number) => {
          const account = new TccAccount(() => service.rest, `case-${number}`);
          await open(account);
          // A case that fails here is told by its own test; the others go on.
          await TCC_CASES[number]?.before(account).catch((error: unknown) => failed.set(account.id, error));
          return account;
        },
      );
      await between(accounts, running);
    });

    afterAll(async () => {
      await service.end();
      await site.drop();
    });

    it.each(TCC_CASES.map(({ title, after }, number) => ({ title, after, number })))(
      '$title',
      async ({ after, number }) => {
        const account = accounts[number] as TccAccount;
        if (failed.has(account.id)) throw failed.get(account.id);
        await after(account);
      },
    );

    it('leaves every account proven by the audit, and every entry shown', async () => {
      const { rest } = service;
      expect(await rest.ended(await rest.send('POST', '/v1/admin/audits'))).toMatchObject({
        status: 'done',
        result: { balanced: true, findings: [] },
      });
      for (const { id } of accounts) {
        const { body } = await rest.get(`/v1/accounts/${id}/balance`);
        const entries = await rest.entries(id);
        const sum = entries.reduce(
          (total, { kind, amount }) =>
            total + BigInt(amount) * (kind === 'credit' || kind === 'reversal' ? 1n : -1n),
          0n,
        );
        expect([id, body['total']]).toEqual([id, String(sum)]);
      }
    });
  });
});

/** Eight sub-accounts on two shards, with 1,000 in all. */
async function open(account: TccAccount): Promise<void> {
  const { rest, id } = account;
  expect((await rest.createAccount({ id, subAccounts: 2, initialBalance: '1000' })).status).toBe(201);
  await resizeAll([account], (shards) => ({ count: 8, shards }));
}

/** Rows learn a moment after a resize is done whether they are in use: until then too many say that they are. */
function shardsOf(rest: RestClient, id: string): Promise<readonly string[]> {
  return eventually(`rows of ${id} that know its size`, async () => {
    const { subAccounts } = (await rest.get(`/v1/accounts/${id}`)).body;
    const { items } = await rest.page<{ shard: string; status: string }>(
      `/v1/admin/accounts/${id}/sub-accounts`,
    );
    const open = items.filter(({ status }) => status === 'open');
    return open.length === subAccounts ? [...new Set(open.map(({ shard }) => shard))] : undefined;
  });
}
