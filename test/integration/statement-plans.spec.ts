import { MARKS_FROM_US } from '../../src/shards/entry-place';
import type { AccountRecord } from '../../src/shards/directory/account-record';
import { NO_CREDIT } from '../../src/shards/directory/credit-line';
import { Directory } from '../../src/shards/directory/directory';
import { COLD } from '../../src/shards/directory/heat-store';
import { directoryDatabaseAt } from '../../src/shards/open-database';
import type { Shard } from '../../src/shards/shard';
import type { Location } from '../../src/shards/shard-address';
import { databaseAt, readingShard } from '../setup/reading-shard';
import { NotingDatabase, type Planner, plannerAt, type StatementPlan } from '../setup/statement-plans';
import { openShard, STORES, type StoreSite } from '../setup/stores';
import { analyzeStatements, DEAD_SHARD, FEW, fillStatements, HOT, LIVE_SHARD } from '../setup/worst-tables';

/**
 * Whatever runs in the background or for each request finds its rows by an index and goes through no more of them than it
 * is to return, also where nearly every row of a table is one that it has to pass by.
 *
 * `HOTSPLIT_TEST_PLAN_ROWS=10000000` makes tables of that size (it takes an hour), `HOTSPLIT_TEST_PLAN_TABLE=1` prints all
 * plans. `HOTSPLIT_TEST_PLAN_SITES` names databases that were filled before, as `mariadb=mysql://…;sqlite=/path`.
 */
const ROWS = Number(process.env['HOTSPLIT_TEST_PLAN_ROWS'] ?? 8_000);
const MS_MAX = 3_600_000;

/** Rows asked for at a time. A statement may go through a few for each of them, and not through a part of the table. */
const LIMIT = 50;
const ROWS_READ_MAX = 4 * LIMIT + 100;

const AUDITED = {
  callId: 'c',
  outcome: 'asked',
  actor: 'somebody',
  address: '',
  door: 'rest',
  action: 'freezeAccount',
} as const;

const KEY = 'h1000000001';
const US = 1_700_000_000_000_100;

type Asked<Of> = (of: Of) => Promise<unknown>;

/** Methods of a shard that change money, or that ask for no table. */
type Unplanned =
  | 'name'
  | 'parallelism'
  | 'open'
  | 'close'
  | 'ping'
  | 'clockUs'
  | 'applyBatch'
  | 'deduct'
  | 'lockAccount'
  | 'createSubAccounts';

const CLUSTER_ID = '00000000-0000-4000-8000-000000000000';
const clusterId = (): Promise<string> => Promise.resolve(CLUSTER_ID);

const place = {
  accountId: HOT,
  transferId: 'draw',
  requestId: KEY,
  holdId: KEY,
  reverses: 'd',
  index: 1,
  number: 1,
};
const start = { after: { ...place, placeUs: MARKS_FROM_US + US, subAccount: 0, version: 1 } };
const scan = { start, upToAccount: undefined, limit: LIMIT };
const fromStart = { start: { fromAccount: '' }, upToAccount: HOT, limit: LIMIT } as const;
const newest = { createdAtUs: 9_000_000_000_000_000, shard: '', subAccount: 0, version: 0 };
const list = { accountId: HOT, limit: LIMIT, before: newest };

const OF_SHARDS = {
  expiredHolds: [
    (shard) => shard.expiredHolds({ limit: LIMIT }),
    (shard) =>
      shard.expiredHolds({
        limit: LIMIT,
        after: { accountId: 'z', holdId: 'h', subAccount: 0, expiresAtUs: US },
      }),
  ],
  openLeases: [(shard) => shard.openLeases(HOT)],
  pendingDepartures: [
    (shard) => shard.pendingDepartures({ limit: LIMIT, olderThanMs: 2_000, toShards: [LIVE_SHARD] }),
    (shard) => shard.pendingDepartures({ limit: LIMIT, olderThanMs: 2_000, toShards: [DEAD_SHARD] }),
    (shard) =>
      shard.pendingDepartures({
        limit: LIMIT,
        olderThanMs: 2_000,
        toShards: [DEAD_SHARD],
        after: { toShard: DEAD_SHARD, accountId: 'a1000000010', transferId: 'move' },
      }),
    (shard) =>
      shard.pendingDepartures({ limit: LIMIT, olderThanMs: 0, toShards: [LIVE_SHARD, 's1'], accountId: HOT }),
    (shard) => shard.pendingDepartures({ limit: LIMIT, olderThanMs: 60_000 }),
  ],
  countDepartures: [(shard) => shard.countDepartures(DEAD_SHARD, LIMIT)],
  completeTransfers: [
    (shard) =>
      shard.completeTransfers([
        { accountId: HOT, transferId: 'none' },
        { accountId: 'none', transferId: 'none' },
      ]),
  ],
  drainingRows: [
    (shard) => shard.drainingRows({ limit: LIMIT }),
    (shard) => shard.drainingRows({ limit: LIMIT, after: { accountId: 'd1000000100', index: 0 } }),
  ],
  pendingPayments: [
    (shard) => shard.pendingPayments({ toShard: DEAD_SHARD, limit: LIMIT, olderThanMs: 2_000 }),
    (shard) =>
      shard.pendingPayments({
        toShard: DEAD_SHARD,
        limit: LIMIT,
        olderThanMs: 0,
        after: { createdAtUs: US, accountId: HOT, requestId: KEY },
      }),
  ],
  findPayments: [(shard) => shard.findPayments(HOT, [KEY, 'none'])],
  paymentsFrom: [(shard) => shard.paymentsFrom(HOT, LIMIT)],
  forgetPayments: [
    (shard) =>
      shard.forgetPayments([
        { accountId: HOT, requestId: 'none' },
        { accountId: 'none', requestId: 'none' },
      ]),
  ],
  findEntry: [(shard) => shard.findEntry(HOT, KEY)],
  findEntries: [(shard) => shard.findEntries(HOT, [KEY, 'none', 'neither'])],
  findHold: [(shard) => shard.findHold(HOT, KEY)],
  listHolds: [
    (shard) => shard.listHolds({ accountId: HOT, limit: LIMIT, status: 'held' }),
    (shard) => shard.listHolds({ accountId: HOT, limit: LIMIT, status: 'cancelled' }),
    (shard) => shard.listHolds({ accountId: HOT, limit: LIMIT }),
    (shard) =>
      shard.listHolds({
        accountId: HOT,
        limit: LIMIT,
        status: 'held',
        from: { holdId: KEY, isIncluded: true },
      }),
  ],
  findIntakes: [(shard) => shard.findIntakes(HOT, [KEY, 'none'])],
  intakeInState: [
    (shard) => shard.intakeInState({ state: 'received', limit: LIMIT }),
    (shard) => shard.intakeInState({ state: 'received', limit: LIMIT, due: 'now' }),
    (shard) => shard.intakeInState({ state: 'received', limit: LIMIT, due: 'by an earlier clock' }),
    (shard) => shard.intakeInState({ state: 'succeeded', limit: LIMIT, olderThanMs: 60_000 }),
    (shard) =>
      shard.intakeInState({
        state: 'received',
        limit: LIMIT,
        after: { sinceUs: US, accountId: HOT, requestId: KEY },
      }),
  ],
  // With `accountsMax` it groups what it counts, which is no more than `countMax`.
  intakeDepth: [(shard) => shard.intakeDepth({ countMax: LIMIT })],
  readBalances: [(shard) => shard.readBalances([HOT])],
  listSubAccounts: [(shard) => shard.listSubAccounts(HOT)],
  settledUntilUs: [(shard) => shard.settledUntilUs(HOT)],
  newestEntryUs: [(shard) => shard.newestEntryUs(HOT)],
  findWritten: [
    (shard) =>
      shard.findWritten([
        { accountId: HOT, fromUs: US - 100, toUs: US, entries: 1, versions: [] },
        { accountId: 'none', fromUs: 0, toUs: 10, entries: 1, versions: [] },
      ]),
  ],
  feed: [
    ({ feed }) => feed.unpublished(LIMIT),
    ({ feed }) => feed.forget(['1', '2']),
    ({ feed }) => feed.newest(LIMIT),
    ({ feed }) => feed.from(US, LIMIT),
    ({ feed }) => feed.floor(),
    ({ feed }) => feed.trim(1_000, 20),
  ],
  listEntries: [
    (shard) => shard.listEntries(list),
    (shard) => shard.listEntries({ ...list, kinds: ['credit'], limit: FEW.listed - 10 }),
    (shard) => shard.listEntries({ ...list, fromUs: US - 200, toUs: US }),
    (shard) => shard.listEntries({ ...list, order: 'oldest first' }),
    (shard) =>
      shard.listEntries({
        ...list,
        order: 'oldest first',
        after: { createdAtUs: US - 200, subAccount: 0, version: 0 },
        reference: 'none',
      }),
  ],
  sumEntries: [
    (shard) => shard.sumEntries({ accountId: HOT, fromUs: 0 }),
    (shard) =>
      shard.sumEntries({ accountId: HOT, after: { createdAtUs: US - 200, subAccount: 0, version: 0 } }),
  ],
  findRunningSum: [(shard) => shard.findRunningSum(HOT, US)],
  keepRunningSum: [
    (shard) =>
      shard.keepRunningSum({ accountId: 'none', createdAtUs: 1, subAccount: 0, version: 1, sums: new Map() }),
  ],
  forgetRunningSums: [(shard) => shard.forgetRunningSums('none')],
  searchKeys: [(shard) => shard.searchKeys({ accountId: HOT, prefix: 'reversal ', word: 'r' })],
  scanSubAccounts: [(shard) => shard.scanSubAccounts(scan), (shard) => shard.scanSubAccounts(fromStart)],
  scanEntries: [(shard) => shard.scanEntries(scan), (shard) => shard.scanEntries(fromStart)],
  scanEntryKeys: [(shard) => shard.scanEntryKeys(scan), (shard) => shard.scanEntryKeys(fromStart)],
  scanHolds: [(shard) => shard.scanHolds(scan), (shard) => shard.scanHolds(fromStart)],
  scanIntakes: [(shard) => shard.scanIntakes(scan), (shard) => shard.scanIntakes(fromStart)],
  scanReversals: [(shard) => shard.scanReversals(scan), (shard) => shard.scanReversals(fromStart)],
  scanRunningSums: [
    (shard) =>
      shard.scanRunningSums({
        ...scan,
        start: { after: { accountId: HOT, createdAtUs: US, subAccount: 0, version: 1 } },
      }),
    (shard) => shard.scanRunningSums(fromStart),
  ],
  scanTransfers: [(shard) => shard.scanTransfers(scan), (shard) => shard.scanTransfers(fromStart)],
  findTransfers: [
    (shard) => shard.findTransfers({ accountId: HOT, transferIds: ['a', 'b'], direction: 'out' }),
  ],
} satisfies Record<Exclude<keyof Shard, Unplanned>, readonly Asked<Shard>[]>;

const ACCOUNT = {
  accountId: 'a1000000001',
  revision: 1,
  statusVersion: 1,
  credit: NO_CREDIT,
} as unknown as AccountRecord;

const ALLOWANCE = {
  accountId: 'allowance 1000000001',
  allowance: { revision: 0 },
} as unknown as AccountRecord;

const TAGGED = { key: 'tier', value: 'gold', limit: LIMIT };

const OF_DIRECTORIES: readonly Asked<Directory>[] = [
  ({ leases }) => leases.acquire('rebalance b', 'me', 1_000),
  ({ leases }) => leases.release('rebalance b', 'me'),
  ({ leases }) => leases.deleteExpired(),
  ({ operations }) => operations.find('o1000000001'),
  ({ operations }) => operations.advance('none', 'asked', { step: 'told' }),
  ({ operations }) => operations.report('none', { done: 1, total: 2 }),
  ({ operations }) => operations.abandoned(LIMIT),
  ({ operations }) => operations.claim('none', 'me', 1_000),
  ({ operations }) => operations.postpone('none', 'me', 1_000),
  ({ operations }) => operations.list({ limit: LIMIT }),
  ({ operations }) => operations.list({ limit: LIMIT, accountId: 'none' }),
  ({ operations }) => operations.list({ limit: LIMIT, status: 'running' }),
  ({ operations }) => operations.list({ limit: LIMIT, before: { createdAtUs: US, operationId: 'none' } }),
  ({ operations }) => operations.deleteEnded(90 * 24 * 3_600_000),
  ({ auditLog }) => auditLog.append([AUDITED]),
  ({ auditLog }) => auditLog.list({ limit: LIMIT, order: 'newest first' }),
  ({ auditLog }) => auditLog.list({ limit: LIMIT, order: 'oldest first', behind: 5_000 }),
  ({ auditLog }) => auditLog.list({ limit: LIMIT, order: 'newest first', actor: 'somebody' }),
  ({ auditLog }) => auditLog.list({ limit: LIMIT, order: 'newest first', action: 'freezeAccount' }),
  ({ auditLog }) => auditLog.list({ limit: LIMIT, order: 'oldest first', target: 'a1000000001' }),
  ({ auditLog }) => auditLog.deleteOld(3_600_000),
  (directory) => directory.findApiKey('none'),
  (directory) => directory.unfinishedCreations({ limit: LIMIT, olderThanMs: 5_000 }),
  (directory) =>
    directory.unfinishedCreations({
      limit: LIMIT,
      olderThanMs: 5_000,
      after: { createdAtUs: US, accountId: 'a1000000001' },
    }),
  ({ feed }) => feed.unpublished(LIMIT),
  ({ feed }) => feed.forget(['a1000000001 1', 'none 2', '@wh_none 3']),
  ({ feed }) => feed.newest(LIMIT),
  ({ feed }) => feed.from(US, LIMIT),
  ({ feed }) => feed.floor(),
  ({ feed }) => feed.trim(1_000, 20),
  (directory) => directory.findAccount('a1000000001'),
  (directory) => directory.listAccounts({ after: '', limit: LIMIT }),
  (directory) => directory.listAccounts({ after: 'a1000000009', limit: LIMIT }),
  (directory) => directory.listAccounts({ after: '', limit: LIMIT, prefix: 'a100000000' }),
  (directory) => directory.listAccounts({ after: 'a1000000009', limit: LIMIT, prefix: 'a' }),
  (directory) => directory.finishCreation('none'),
  (directory) => directory.beginOperation(ACCOUNT, 'none'),
  (directory) =>
    directory.beginResize({ ...ACCOUNT, autoSplit: '{"enabled":true}' }, 'none', { fixesSize: true }),
  (directory) => directory.dropOperation('none', 'none'),
  (directory) => directory.setStrategy('none', 'merged', 1),
  (directory) => directory.setStatus(ACCOUNT, { status: 'active', closingFrom: null }),
  (directory) => directory.changeAccount('none', { lowBalanceMinor: 1n, metadata: null }, 1),
  ({ tags }) => tags.find({ ...TAGGED, after: '', prefix: '' }),
  ({ tags }) => tags.find({ ...TAGGED, after: 'a1000000009', prefix: 'a' }),
  ({ tags }) => tags.add('none', '{"tier":"gold"}', 2),
  ({ tags }) => tags.removeStale('a1000000009', '{"tier":"silver"}', 0),
  ({ tags }) => tags.removeStale('none', null, 1),
  (directory) => directory.changeAccount('none', { creditLimitMinor: 1n }, 1),
  (directory) => directory.creditLines.unsettled({ after: 'a1000000009', limit: LIMIT }),
  (directory) => directory.creditLines.beginRound(ACCOUNT, { version: 1, parts: new Map([['s0', 1n]]) }),
  (directory) => directory.creditLines.endRound(ACCOUNT),
  (directory) => directory.creditLines.setOver(ACCOUNT, true),
  (directory) => directory.creditLines.settle(ACCOUNT),
  (directory) => directory.creditLines.unsettle('none', 1),
  (directory) => directory.creditLines.lift(ACCOUNT, 1),
  ({ budgets }) => budgets.find(HOT, 'b1000000001'),
  ({ budgets }) => budgets.list({ accountId: HOT, after: '', limit: LIMIT }),
  ({ budgets }) => budgets.list({ accountId: HOT, after: 'b1000000009', limit: LIMIT }),
  ({ budgets }) => budgets.changeLimit(HOT, 'none', 1n),
  ({ budgets }) => budgets.delete(HOT, 'none'),
  ({ budgets }) => budgets.findAllowances(['allowance 1000000001', 'none']),
  ({ budgets }) => budgets.openAllowances(HOT, 'b1000000001'),
  ({ budgets }) =>
    budgets.decideStep(ALLOWANCE, {
      grantedMinor: 1n,
      pending: [{ step: 2, deltaMinor: 1n }],
      isDeleted: false,
    }),
  ({ budgets }) => budgets.settle(ALLOWANCE, []),
  (directory) => directory.levels.find(['a1000000001', 'none', 'neither']),
  (directory) => directory.heat.watched(LIMIT),
  (directory) => directory.heat.find(['a1000000001', 'none', 'neither']),
  (directory) => directory.heat.step({ account: { accountId: 'none' } as AccountRecord, version: 1 }, COLD),
  (directory) => directory.heat.report('none', '{}'),
  (directory) => directory.heat.reports(1_000, LIMIT),
  (directory) => directory.levels.due(LIMIT),
  (directory) => directory.levels.lookAgain('none', 1_000),
  (directory) => directory.levels.looked({ accountId: 'none', atUs: 1 }, 1_000),
  (directory) =>
    directory.levels.step(
      { account: { accountId: 'none' } as AccountRecord, version: 1 },
      { level: 'low', shortOfMinor: null, crossing: 'low' },
      { availableMinor: 1n },
    ),
  (directory) => directory.webhooks.list(LIMIT),
  (directory) => directory.webhooks.find('none'),
  (directory) => directory.webhooks.change('none', 1, { url: 'https://a', types: null, disabled: null }),
  (directory) => directory.webhooks.change('none', 1, { disabled: 'it is gone' }),
  (directory) => directory.webhooks.remove('none'),
  (directory) => directory.webhooks.redeliver('none', 1),
  (directory) =>
    directory.webhooks.retried(
      { deliveryId: 1, attempts: 1, nextAtUs: 1 },
      { state: 'failed', answer: '', againMs: 5 },
    ),
  (directory) => directory.webhooks.deliveries('none', 1_000, LIMIT),
  (directory) => directory.webhooks.due('none', LIMIT),
  (directory) => directory.webhooks.countPending('none', LIMIT),
  (directory) => directory.webhooks.trim('none', LIMIT, LIMIT),
  (directory) => directory.webhooks.recorded('none', ['none', 'neither']),
  (directory) => directory.webhooks.resume('none'),
  (directory) => directory.webhooks.lastTakenUs('none'),
  (directory) => directory.webhooks.noteGap('none'),
  (directory) => directory.webhooks.forget('none', LIMIT),
  (directory) => directory.webhooks.nextWithDeliveries('none'),
  (directory) => directory.sessions.find(Buffer.alloc(32), 1),
  (directory) => directory.sessions.noteUse(Buffer.alloc(32)),
  (directory) => directory.sessions.remove(Buffer.alloc(32)),
  (directory) => directory.sessions.trim('none', 4),
  (directory) => directory.sessions.removeExpired(),
  (directory) => directory.readers.begin('none', 'oldest'),
  (directory) => directory.readers.find('none'),
  (directory) => directory.readers.move('none', { position: 'x', revision: 1 }),
  (directory) => directory.readers.remove('none'),
  (directory) => directory.readers.unmoved('webhook ', LIMIT),
  (directory) => directory.findApiKeys([Buffer.alloc(32), Buffer.alloc(32, 1)]),
  (directory) => directory.findAccounts(['a1000000001', 'none', 'neither']),
  (directory) => directory.listApiKeys({ after: '', limit: LIMIT }),
  (directory) => directory.listApiKeys({ after: 'k1000000009', limit: LIMIT }),
  (directory) => directory.changeApiKey('none', { scopes: ['read'], accounts: ['a'], expiresAtUs: 1 }),
  (directory) => directory.noteKeyUses(['none', 'neither'], 60_000),
  (directory) => directory.deleteApiKey('none'),
];

/** Statements that go through more than others, and how much: never more than their own bound. */
const BOUNDS: readonly { readonly of: RegExp; readonly rowsMax: number }[] = [
  { of: /(FROM lease|FROM operation) /, rowsMax: 4 * 500 + 100 },
];

/** A bounded range that is grouped, in a table of its own as large as the groups are many. */
const SUMS = /GROUP BY kind, quarter/;
const GROUPED = /, sorted$|TEMP B-TREE FOR GROUP BY$/;

/** What a subquery with a limit has found. */
const SLICES = /^SCAN (slice|tagged)$/;

describe.each(STORES)('statements [$mark]', ({ mark, makeSite }) => {
  let site: StoreSite;
  let planner: Planner;

  beforeAll(async () => {
    site = filledBefore(mark) ?? (await makeSite());
    await migrate(site.location);
    planner = await plannerAt(site.location);
    if (!filledBefore(mark)) await fill(planner, mark);
  }, MS_MAX);

  afterAll(async () => {
    await planner.close();
    if (!filledBefore(mark)) await site.drop();
  });

  it(
    'of shards go through no more rows than they are asked for, and come to them by an index',
    async () => {
      const database = new NotingDatabase(databaseAt(site.location));
      await database.open('shard');
      const shard = readingShard(database, { clusterId });
      for (const asked of Object.values(OF_SHARDS).flat()) await asked(shard);
      await database.close();
      await expectBounded(planner, database.statements, mark);
    },
    MS_MAX,
  );

  it(
    'of directories go through no more rows than they are asked for, and come to them by an index',
    async () => {
      const database = new NotingDatabase(directoryDatabaseAt(site.location));
      await database.open('directory');
      const directory = new Directory(database);
      for (const asked of OF_DIRECTORIES) await asked(directory);
      await database.close();
      await expectBounded(planner, database.statements, mark);
    },
    MS_MAX,
  );

  it(
    'find the few among the many',
    async () => {
      const database = databaseAt(site.location);
      await database.open('shard');
      const shard = readingShard(database, { clusterId });
      const toLive = { limit: 100, olderThanMs: 0, toShards: [LIVE_SHARD] };
      expect(await shard.pendingDepartures(toLive)).toHaveLength(FEW.departures);
      expect(await shard.pendingDepartures({ ...toLive, accountId: HOT })).toHaveLength(FEW.departuresOfHot);
      const paid = { toShard: LIVE_SHARD, limit: 100, olderThanMs: 0 };
      expect(await shard.pendingPayments(paid)).toHaveLength(FEW.payments);
      expect(await shard.expiredHolds({ limit: 100 })).toHaveLength(FEW.expired);
      expect(await shard.openLeases(HOT)).toHaveLength(FEW.leases);
      const listed = { accountId: HOT, limit: 100, status: 'confirmed' } as const;
      expect(await shard.listHolds(listed)).toHaveLength(FEW.confirmed);
      expect((await shard.listEntries({ ...list, limit: 100 })).entries).toHaveLength(FEW.listed);
      await database.close();
    },
    MS_MAX,
  );
});

async function expectBounded(
  planner: Planner,
  statements: NotingDatabase['statements'],
  mark: string,
): Promise<void> {
  const faults: string[] = [];
  const table: string[] = [];
  const explained = new Set<string>();
  for (const statement of statements) {
    if (explained.has(statement.sql) || /^\s*INSERT/.test(statement.sql)) continue;
    explained.add(statement.sql);
    const plan = await planner.explain(statement);
    const shown = statement.sql.replace(/\s+/g, ' ').slice(0, 140);
    table.push(
      `| ${mark} | ${shown} | ${plan.accesses.join('; ')} | ${plan.rowsRead ?? ''} | ${plan.ms.toFixed(1)} |`,
    );
    if (isFaulty(plan, statement.sql)) faults.push(`${shown}: ${JSON.stringify(plan)}`);
  }
  if (process.env['HOTSPLIT_TEST_PLAN_TABLE']) console.log(table.join('\n'));
  expect(faults).toEqual([]);
}

function isFaulty({ unbounded, rowsRead = 0 }: StatementPlan, sql: string): boolean {
  const rowsMax = BOUNDS.find(({ of }) => of.test(sql))?.rowsMax ?? ROWS_READ_MAX;
  const faults = unbounded.filter(
    (access) => !SLICES.test(access) && !(SUMS.test(sql) && GROUPED.test(access)),
  );
  return faults.length > 0 || rowsRead > rowsMax;
}

/** Brings a database's tables up to date, those of both parts. */
async function migrate(location: Location): Promise<void> {
  const directory = directoryDatabaseAt(location);
  await directory.open('directory');
  await (await openShard(location, { clusterId: CLUSTER_ID })).shard.close();
  await directory.close();
}

async function fill(planner: Planner, mark: string): Promise<void> {
  const dialect = mark === 'sqlite' ? 'sqlite' : 'mysql';
  for (const part of ['shard', 'directory'] as const) {
    for (const statement of fillStatements(dialect, { part, rows: ROWS })) await planner.run(statement);
    for (const statement of analyzeStatements(dialect, part)) await planner.run(statement);
  }
}

function filledBefore(mark: string): StoreSite | undefined {
  const sites = process.env['HOTSPLIT_TEST_PLAN_SITES'];
  if (!sites) return undefined;
  const named = sites.split(';').find((site) => site.startsWith(`${mark}=`));
  if (named === undefined) throw new Error(`HOTSPLIT_TEST_PLAN_SITES names no site for ${mark}`);
  const at = named.slice(mark.length + 1);
  const location: Location = mark === 'sqlite' ? { kind: 'sqlite', path: at } : { kind: 'mysql', url: at };
  return { location, drop: () => Promise.resolve() };
}
