import { requestAt } from '../models/engine-requests';
import { EngineSite } from '../setup/engine-site';
import { eventually } from '../setup/eventually';
import { expectAtRest } from '../setup/expect-at-rest';
import { inTurns } from '../setup/in-turns';
import { STORES } from '../setup/stores';

const ID = 'later';

/** The engine's intake on real databases: what is received ends, once, whatever becomes of its account and its shards. */
describe.each(STORES)('[$mark] what is received to be charged later', (store) => {
  let site: EngineSite;
  /** What a test has held up, until it lets go of it. */
  let letGo: () => void;
  let heldUp: Promise<void>;

  beforeEach(async () => {
    site = await EngineSite.make(store, 2);
    heldUp = new Promise((resolve) => (letGo = resolve));
  });

  afterEach(() => {
    letGo();
    return site.end();
  });

  it('is charged exactly once, through two instances, each request sent by both', async () => {
    // A file belongs to one process, and in it to one engine.
    const one = await site.start();
    const other = store.mark === 'sqlite' ? one : await site.start();
    await one.create(ID, 4, 100n);
    const keys = Array.from({ length: 150 }, (_, n) => `k${n}`);
    await inTurns(keys, 30, async (key) => {
      const sent = await Promise.all([one.receive(ID, key, 1n), other.receive(ID, key, 1n)]);
      expect(sent.every(({ kind }) => kind === 'received' || kind === 'replayed')).toBe(true);
    });
    const records = [...(await one.receivedEnded(ID)).values()];
    const charged = records.filter(({ state }) => state === 'succeeded');
    expect([charged.length, records.length]).toEqual([100, 150]);
    expect(new Set(records.map(({ reason }) => reason))).toEqual(new Set([null, 'INSUFFICIENT_FUNDS']));
    await expectAtRest(one, ID, { totalMinor: 0n, keys: charged.map(({ requestId }) => requestId) });
  });

  it('shares its key with synchronous requests', async () => {
    const idle = await site.start({ intake: 'left alone' });
    await idle.create(ID, 2, 100n);
    expect(await idle.receive(ID, 'k', 5n)).toMatchObject({ kind: 'received', replayed: false });
    expect(await idle.receive(ID, 'k', 5n)).toMatchObject({ kind: 'received', replayed: true });
    expect(await idle.receive(ID, 'k', 6n)).toMatchObject({ kind: 'keyReused' });
    expect(await idle.deduct(ID, 'k', 5n)).toMatchObject({ kind: 'applied' });
    expect(await idle.receive(ID, 'k', 5n)).toMatchObject({ kind: 'replayed' });
    // One that waits is outrun by a synchronous request for something else, and says so.
    await idle.receive(ID, 'outrun', 5n);
    expect(await idle.deduct(ID, 'outrun', 7n)).toMatchObject({ kind: 'applied' });
    await site.stop(idle);

    const instance = await site.start();
    const ended = await instance.receivedEnded(ID);
    expect(ended.get('k')).toMatchObject({ state: 'succeeded' });
    expect(ended.get('outrun')).toMatchObject({ state: 'rejected', reason: 'IDEMPOTENCY_KEY_REUSED' });
    await expectAtRest(instance, ID, { totalMinor: 88n, keys: ['k', 'outrun'] });
  });

  it('is rejected for good, and tried anew when it is sent again', async () => {
    const instance = await site.start();
    await instance.create(ID, 2, 10n);
    await instance.receive(ID, 'much', 11n);
    expect((await instance.receivedEnded(ID)).get('much')).toMatchObject({
      attempt: 1,
      state: 'rejected',
      reason: 'INSUFFICIENT_FUNDS',
    });
    await instance.credit(ID, 'more', 5n);
    expect((await instance.received(ID))[0]).toMatchObject({ attempt: 1, state: 'rejected' });
    expect(await instance.receive(ID, 'much', 11n)).toMatchObject({ kind: 'received', replayed: false });
    expect((await instance.receivedEnded(ID)).get('much')).toMatchObject({ attempt: 2, state: 'succeeded' });
    await expectAtRest(instance, ID, { totalMinor: 4n });
  });

  it('goes with its account to other shards, and is found all the way', async () => {
    const idle = await site.start({ intake: 'left alone' });
    await idle.create(ID, 2, 1_000n);
    const before = await idle.account(ID);
    const keys = Array.from({ length: 20 }, (_, n) => requestAt('s0', before, n));
    for (const key of keys) await idle.receive(ID, key, 1n);
    await idle.resizeSurely(ID, { subAccounts: 1, shards: ['s1'] });
    const moved = await idle.account(ID);
    for (const key of keys)
      expect(await idle.runtime.intake.find(moved, key)).toMatchObject({ state: 'received' });
    // Sent once more: known where it was. By one who has missed the move: there are two then, and one effect.
    expect(await idle.receive(ID, keys[0] as string, 1n)).toMatchObject({ kind: 'received', replayed: true });
    const late = requestAt('s0', before, 99);
    expect(await idle.receive(ID, late, 1n)).toMatchObject({ replayed: false });
    expect(await idle.receiveFor(before, late, 1n)).toMatchObject({ kind: 'received' });
    await site.stop(idle);

    const instance = await site.start();
    const ended = await instance.receivedEnded(ID);
    expect([...ended.values()].map(({ state }) => state)).toEqual(Array(21).fill('succeeded'));
    const states = (await instance.received(ID)).map(({ state }) => state);
    expect(states.filter((state) => state === 'moved').length).toBeGreaterThanOrEqual(20);
    await expectAtRest(instance, ID, { totalMinor: 979n, keys: [...keys, late] });
    expect(await instance.deduct(ID, late, 1n)).toMatchObject({ kind: 'replayed' });
  });

  it('of a frozen or closed account is rejected as such', async () => {
    const instance = await site.start();
    await instance.create('cold', 1, 10n);
    await instance.operations.changeStatus('cold', 'frozen');
    await instance.receive('cold', 'k', 1n);
    expect((await instance.receivedEnded('cold')).get('k')).toMatchObject({ reason: 'ACCOUNT_FROZEN' });
    await instance.create('gone', 1, 0n);
    await instance.operations.changeStatus('gone', 'closed');
    await instance.receive('gone', 'k', 1n);
    expect((await instance.receivedEnded('gone')).get('k')).toMatchObject({ reason: 'ACCOUNT_CLOSED' });
  });

  it('is charged whatever the strategy of its account', async () => {
    const instance = await site.start();
    for (const strategy of ['atomic', 'optimistic', 'leased'] as const) {
      await instance.create(strategy, 2, 100n, strategy);
      if (strategy === 'leased') await instance.deduct(strategy, 'lent', 1n);
      for (let n = 0; n < 5; n += 1) await instance.receive(strategy, `k${n}`, 10n);
      const ended = await instance.receivedEnded(strategy);
      expect([...ended.values()].map(({ state }) => state)).toEqual(Array(5).fill('succeeded'));
    }
  });

  it('is turned away when too much waits, and received again when that is worked off', async () => {
    const intake = { recordsMax: 10, levelMs: 20 };
    const idle = await site.start({ intake: 'left alone' });
    await idle.create(ID, 1, 1_000n);
    for (let n = 0; n < 10; n += 1) await idle.receive(ID, `k${n}`, 1n);
    await site.stop(idle);
    const stuck = await site.start({
      intake,
      reach: (point) => (point === 'intake.charging' ? heldUp : undefined),
    });
    await eventually('the counting of what waits', async () =>
      (await stuck.receive(ID, 'one more', 1n)).kind === 'overloaded' ? true : undefined,
    );
    letGo();
    await eventually('room again', async () =>
      (await stuck.receive(ID, 'at last', 1n)).kind === 'overloaded' ? undefined : true,
    );
    const ended = await stuck.receivedEnded(ID);
    expect(ended.get('at last')).toMatchObject({ state: 'succeeded' });
    await expectAtRest(stuck, ID, { totalMinor: 1_000n - BigInt(ended.size) });
  });

  it('is forgotten when it ended longer ago than keys are remembered', async () => {
    const instance = await site.start({ idempotencyWindowMs: 1, intake: { cleaningMs: 3_600_000 } });
    await instance.create(ID, 2, 10n);
    await instance.receive(ID, 'paid', 4n);
    await instance.receive(ID, 'refused', 40n);
    await instance.receivedEnded(ID);
    await eventually('forgotten records', async () => {
      await instance.runtime.intake.cleaning.look();
      return (await instance.received(ID)).length === 0 ? true : undefined;
    });
    expect(await instance.receive(ID, 'paid', 4n)).toMatchObject({ kind: 'replayed' });
    await expectAtRest(instance, ID, { totalMinor: 6n });
  });
});
