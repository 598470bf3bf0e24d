import { Directory } from '../../src/shards/directory/directory';
import { readAccountEvent } from '../../src/shards/directory/told-change';
import { directoryDatabaseAt } from '../../src/shards/open-database';
import type { Cell, Database, Parameter } from '../../src/shards/database';
import { accountRecord } from '../models/account-record';
import { STORES, type StoreSite } from '../setup/stores';

describe.each(STORES)('[$mark] the feed of the directory', ({ makeSite }) => {
  let site: StoreSite;
  let database: Interrupted;
  let directory: Directory;

  beforeEach(async () => {
    site = await makeSite();
    database = new Interrupted(directoryDatabaseAt(site.location));
    directory = new Directory(database);
    await directory.open();
    await directory.registerShards(['s0']);
    const placement = { epoch: 1, shards: ['s0'] };
    await directory.insertAccount(
      accountRecord({
        accountId: 'acme',
        placement,
        lowBalanceMinor: 9_007_199_254_740_993n,
        creation: 'creating',
      }),
    );
  });
  afterEach(async () => {
    await directory.close();
    await site.drop();
  });

  const account = async () => {
    const found = await directory.findAccount('acme');
    if (!found) throw new Error('no account');
    return found;
  };
  const events = async () =>
    (await directory.feed.unpublished(100)).map(({ changes }) => readAccountEvent(changes));

  it('has the account as each change left it, exact and in order', async () => {
    await directory.finishCreation('acme');
    await directory.finishCreation('acme');
    await directory.setStrategy('acme', 'atomic', undefined);
    await directory.setStatus(await account(), { status: 'frozen', closingFrom: null });
    const { createdAtUs } = await account();
    const told = await events();
    expect(told.map(({ number, type }) => [number, type])).toEqual([
      [1, 'account.created'],
      [2, 'account.changed'],
      [3, 'account.changed'],
    ]);
    expect(told.at(-1)?.account).toEqual({
      accountId: 'acme',
      asset: 'CNY/2',
      status: 'frozen',
      strategy: 'atomic',
      subAccounts: 4,
      epoch: 1,
      lowBalance: '9007199254740993',
      createdAtUs,
      revision: (await account()).revision,
      metadata: null,
      autoSplit: null,
      creditLimit: null,
      creditUnsettled: null,
      overLimit: 0,
    });
    expect(told[1]?.account).toMatchObject({ status: 'active', strategy: 'atomic' });
  });

  it('has it once that an account is hot, of whoever finds it', async () => {
    const [seen] = await directory.heat.find(['acme']);
    if (!seen) throw new Error('there is no account');
    const state = { ...seen.state, hotSinceUs: 1_700_000_000_000_000 };
    const hot = {
      type: 'account.hot',
      heat: { perSecond: 812.4, hotSinceUs: state.hotSinceUs },
    } as const;
    expect(await directory.heat.step(seen, state, hot)).toBe(true);
    expect(await directory.heat.step(seen, state, hot)).toBe(false);
    const told = (await events()).filter(({ type }) => type === 'account.hot');
    expect(told.map(({ heat }) => heat)).toEqual([{ perSecond: 812, hotSinceUs: state.hotSinceUs }]);
    expect(await directory.heat.watched(10)).toMatchObject([{ account: { accountId: 'acme' }, state }]);
  });

  it('has a crossing once, of whoever finds it, and nothing of who comes too late', async () => {
    await directory.finishCreation('acme');
    const [seen] = await directory.levels.find(['acme']);
    if (!seen) throw new Error('there is no account');
    const low = { level: 'low', shortOfMinor: null, crossing: 'low' } as const;
    const found = { availableMinor: 9_007_199_254_740_993n };
    expect(await directory.levels.step(seen, low, found)).toBe(true);
    expect(await directory.levels.step(seen, low, found)).toBe(false);
    const told = (await events()).filter(({ type }) => type === 'balance.low');
    expect(told.map(({ balance }) => balance)).toEqual([{ available: '9007199254740993', refused: null }]);
    const exhausted = { level: 'exhausted', shortOfMinor: 7n, crossing: 'exhausted' } as const;
    const next = { ...seen, version: seen.version + 1 };
    expect(await directory.levels.step(next, exhausted, { availableMinor: 5n, refusedMinor: 7n })).toBe(true);
    expect((await events()).at(-1)?.balance).toEqual({ available: '5', refused: '7' });
    expect(await directory.levels.find(['acme'])).toMatchObject([{ level: 'exhausted', shortOfMinor: 7n }]);
  });

  it('is looked at when it is due, by whoever finds the mark as it was', async () => {
    await directory.finishCreation('acme');
    await directory.levels.lookAgain('acme', 3_000_000);
    expect(await directory.levels.due(5)).toEqual([]);
    await directory.levels.lookAgain('acme', 0);
    const [due] = await directory.levels.due(5);
    if (!due) throw new Error('nothing is due');
    await directory.changeAccount('acme', { lowBalanceMinor: 1n, metadata: '{"a":"é"}' }, undefined);
    await directory.levels.looked(due, 3_000_000);
    const [moved] = await directory.levels.due(5);
    expect(moved?.atUs).toBeGreaterThan(due.atUs);
    if (moved) await directory.levels.looked(moved);
    expect(await directory.levels.due(5)).toEqual([]);
    expect((await events()).at(-1)?.account).toMatchObject({ lowBalance: '1', metadata: '{"a":"é"}' });
  });

  it('has nothing of a change that came too late, and nothing of what cannot be seen', async () => {
    await directory.finishCreation('acme');
    const before = await account();
    await directory.setStatus(before, { status: 'closed', closingFrom: 'active' });
    expect(await directory.setStatus(before, { status: 'frozen', closingFrom: null })).toBe(false);
    expect(await directory.setStrategy('acme', 'atomic', before.revision)).toBe(false);
    expect(await events()).toHaveLength(1);
    await directory.setStatus(await account(), { status: 'active', closingFrom: null });
    expect(await events()).toHaveLength(1);
  });

  it('forgets what is published, and not what has happened meanwhile', async () => {
    await directory.finishCreation('acme');
    await directory.setStrategy('acme', 'atomic', undefined);
    const [first] = await directory.feed.unpublished(1);
    database.beforeWrite = () => directory.setStrategy('acme', 'merged', undefined);
    // A change that comes between its two statements neither is lost nor keeps what is published.
    await directory.feed.forget([first?.key ?? '']);
    expect((await events()).map(({ number }) => number)).toEqual([2, 3]);
    await directory.feed.forget(['acme 3', '0', 'nobody 7']);
    expect(await events()).toEqual([]);
  });

  it('is not kept where no feed is', async () => {
    const silent = new Directory(database, undefined, undefined, false);
    await silent.finishCreation('acme');
    await silent.setStrategy('acme', 'atomic', undefined);
    expect(await events()).toEqual([]);
  });
});

/** A database on which something happens between two statements of somebody. */
class Interrupted implements Database {
  beforeWrite: (() => Promise<unknown>) | undefined;

  constructor(private readonly database: Database) {}

  get dialect(): Database['dialect'] {
    return this.database.dialect;
  }

  open(part: 'shard' | 'directory'): Promise<void> {
    return this.database.open(part);
  }

  read(sql: string, parameters?: readonly Parameter[]): Promise<Cell[][]> {
    return this.database.read(sql, parameters);
  }

  readSettled(sql: string, parameters?: readonly Parameter[]): Promise<Cell[][]> {
    return this.database.readSettled(sql, parameters);
  }

  async write(sql: string, parameters?: readonly Parameter[]): Promise<number> {
    const { beforeWrite } = this;
    this.beforeWrite = undefined;
    await beforeWrite?.();
    return this.database.write(sql, parameters);
  }

  close(): Promise<void> {
    return this.database.close();
  }
}
