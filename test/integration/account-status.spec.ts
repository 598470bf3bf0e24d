import type { FaultPoint } from '../../src/engine/fault-points';
import { InjectedFault } from '../../src/platform/test-faults';
import { eventually } from '../setup/eventually';
import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { expectAtRest } from '../setup/expect-at-rest';
import { STORES } from '../setup/stores';

const OPENING_MINOR = 100_000n;
const KEYS = 64;

const RESIZE_POINTS: readonly FaultPoint[] = [
  'resize.begun',
  'resize.announced',
  'resize.prepared',
  'resize.fencing',
  'resize.fenced',
  'resize.activating',
  'resize.activated',
  'resize.settled',
];

/** Once a change of status has been answered, it holds on every shard, for every instance. */
describe.each(STORES)('[$mark] the status of an account', (store) => {
  let site: EngineSite;
  let engines: readonly EngineInstance[];
  let reached: (point: FaultPoint) => Promise<void> | undefined;
  let accounts = 0;

  beforeAll(async () => {
    site = await EngineSite.make(store, 3);
    const reach = (point: FaultPoint) => reached(point);
    // Two processes never share SQLite's files.
    const instances = store.mark === 'sqlite' ? 1 : 2;
    engines = await Promise.all(Array.from({ length: instances }, () => site.start({ reach })));
  });

  beforeEach(() => {
    reached = () => undefined;
  });

  afterAll(() => site.end());

  const at = (turn: number): EngineInstance => engines[turn % engines.length] as EngineInstance;
  const newAccount = async (subAccounts = 6, initial = OPENING_MINOR): Promise<string> => {
    const accountId = `account-${(accounts += 1)}`;
    await at(0).create(accountId, subAccounts, initial);
    return accountId;
  };
  const deductMany = async (accountId: string, prefix: string): Promise<string[]> => {
    const answers = await Promise.all(
      Array.from({ length: KEYS }, (_, n) => at(n).deduct(accountId, `${prefix}-${n}`, 1n)),
    );
    return [...new Set(answers.map(({ kind }) => kind))];
  };
  const deductionKeys = async (accountId: string, credits: ReadonlySet<string>): Promise<string[]> =>
    (await at(0).entryKeys(accountId)).filter((key) => !credits.has(key)).sort();
  const statuses = async (accountId: string): Promise<string[]> => [
    ...new Set((await at(0).rows(accountId)).map(({ row }) => row.accountStatus)),
  ];

  it('frozen lets nothing more out, whatever is under way, and everything in', async () => {
    const accountId = await newAccount();
    const load = site.load({ accountId, workers: 64, instances: engines });
    await load.progress(300);
    expect(await at(0).changeStatus(accountId, 'frozen')).toMatchObject({ kind: 'done' });
    const begunAfter = load.sent.length;
    const isCredit = (key: string): boolean => Number(key.slice(1)) % 10 === 9;
    const out = async (): Promise<string[]> =>
      (await deductionKeys(accountId, new Set())).filter((key) => !isCredit(key));
    const outAtFreeze = await out();
    await load.progress(300);
    await load.stop();

    expect(await out()).toEqual(outAtFreeze);
    expect(Object.keys(load.tally).sort()).toEqual(['accountFrozen', 'applied', 'replayed']);
    const later = load.sent.slice(begunAfter);
    const kindsOf = (kind: string): string[] => [
      ...new Set(
        later.filter(({ asked }) => asked.kind === kind).flatMap(({ answers }) => answers.map((a) => a.kind)),
      ),
    ];
    expect(kindsOf('deduct')).toEqual(['accountFrozen']);
    expect(kindsOf('credit').sort()).toEqual(expect.arrayContaining(['applied']));

    expect(await at(1).changeStatus(accountId, 'active')).toMatchObject({ kind: 'done' });
    const again = await Promise.all(load.sent.map((sent, turn) => load.send(sent, at(turn))));
    expect([...new Set(again.map(({ kind }) => kind))].sort()).toEqual(['applied', 'replayed']);
    await expectAtRest(at(0), accountId, {
      totalMinor: OPENING_MINOR + load.changeMinor,
      keys: load.sent.map(({ asked }) => asked.requestId),
    });
  });

  it.each(RESIZE_POINTS)(
    'frozen in the midst of a resize (%s) holds on old and new shards',
    async (point) => {
      const accountId = await newAccount(2);
      const { shards } = (await at(0).account(accountId)).placement;
      const target = ['s0', 's1', 's2'].filter((name) => name !== shards[0]);
      let frozen: unknown;
      let during: Promise<string[]> | undefined;
      reached = (where) => {
        if (where !== point) return undefined;
        reached = () => undefined;
        return at(1)
          .changeStatus(accountId, 'frozen')
          .then((change) => {
            frozen = change;
            // Not waited for here: at a fence they wait for the placement that this resize is about to activate.
            during = deductMany(accountId, 'during');
          });
      };
      await at(0).resizeSurely(accountId, { subAccounts: 4, shards: target });
      await eventually('the freeze', () => Promise.resolve(during === undefined ? undefined : true));
      expect(frozen).toMatchObject({ kind: 'done', account: { status: 'frozen' } });
      expect(await during).toEqual(['accountFrozen']);
      expect(await deductMany(accountId, 'after')).toEqual(['accountFrozen']);
      expect(await statuses(accountId)).toEqual(['frozen']);
      expect(await at(0).total(accountId)).toBe(OPENING_MINOR);

      expect(await at(0).changeStatus(accountId, 'active')).toMatchObject({ kind: 'done' });
      expect(await deductMany(accountId, 'after')).toEqual(['applied']);
      await expectAtRest(at(1), accountId, { totalMinor: OPENING_MINOR - BigInt(KEYS) });
    },
  );

  it.each(['status.recorded', 'status.told'] as const)(
    'is carried through by itself when its runner fails at %s',
    async (point) => {
      const accountId = await newAccount();
      reached = (where) => {
        if (where !== point) return undefined;
        reached = () => undefined;
        return Promise.reject(new InjectedFault(point));
      };
      expect(await at(0).operations.changeStatus(accountId, 'frozen')).toEqual({ kind: 'unfinished' });
      await eventually('a freeze on every row', async () =>
        (await statuses(accountId)).join() === 'frozen' && (await site.openOperations()) === 0
          ? true
          : undefined,
      );
      expect(await deductMany(accountId, 'k')).toEqual(['accountFrozen']);
      expect(await at(1).changeStatus(accountId, 'active')).toMatchObject({ kind: 'done' });
      expect(await deductMany(accountId, 'k')).toEqual(['applied']);
      await expectAtRest(at(0), accountId, { totalMinor: OPENING_MINOR - BigInt(KEYS) });
    },
  );

  it('becomes closed or takes credits that come at the same moment, never both', async () => {
    for (let turn = 0; turn < 8; turn += 1) {
      const accountId = await newAccount(4, 0n);
      const [change, ...credits] = await Promise.all([
        at(turn).changeStatus(accountId, 'closed'),
        ...Array.from({ length: 8 }, (_, n) => at(turn + n).credit(accountId, `c-${n}`, 2n)),
      ]);
      const taken = BigInt(credits.filter(({ kind }) => kind === 'applied').length);
      expect(change).toMatchObject(
        taken === 0n ? { kind: 'done' } : { kind: 'refused', error: { code: 'ACCOUNT_NOT_EMPTY' } },
      );
      expect(await statuses(accountId)).toEqual([taken === 0n ? 'closed' : 'active']);
      await expectAtRest(at(0), accountId, { totalMinor: 2n * taken });
    }
  });
});
