import { creditOf, deduction, requestAt } from '../../../test/models/engine-requests';
import { EngineSite, Gate } from '../../../test/models/engine-site';
import type { FaultPoint, ReachPoint } from '../fault-points';

const SHARDS = ['east', 'west'];

let site: EngineSite;

beforeEach(async () => {
  site = await EngineSite.open(SHARDS);
});

afterEach(async () => {
  await site.close();
});

describe('the status of an account', () => {
  test('is enforced by every row once it is answered, whatever an instance knows', async () => {
    await site.account({ subAccounts: 4, shards: SHARDS }, () => 50n);
    const [instance, other] = [site.instance(), site.instance()];
    await other.accounts.read('acme');
    expect(await site.setStatus(instance, 'frozen')).toMatchObject({ status: 'done', step: 'ended' });
    for (let n = 0; n < 8; n += 1)
      expect(await other.submit(deduction(`r${n}`, 1n))).toEqual({ kind: 'accountFrozen' });
    expect(await other.submit(creditOf('topup', 1n))).toMatchObject({ kind: 'applied' });

    expect(await site.setStatus(instance, 'active')).toMatchObject({ status: 'done' });
    expect(await other.submit(deduction('r0', 1n))).toMatchObject({ kind: 'applied' });
  });

  test('is told to rows outside the placement too', async () => {
    await site.account({ subAccounts: 2, shards: SHARDS }, () => 50n);
    const instance = site.instance();
    await site.resize(instance, { subAccounts: 1, shards: ['east'] });
    await site.setStatus(instance, 'frozen');
    expect(site.world.rows().map(({ row }) => row.accountStatus)).toEqual(['frozen', 'frozen']);
  });

  test('does not go back to one that was told late', async () => {
    await site.account({ subAccounts: 2, shards: SHARDS }, () => 50n);
    const [stalled, other] = [site.instance(), site.instance()];
    const gate = new Gate();
    stalled.shard('west').before('batch', gate.pass);
    const { operationId, run } = await site.start(stalled, 'status', { status: 'frozen' });
    await gate.reached;
    await site.expire(operationId);
    await site.end(other, operationId);
    await site.setStatus(other, 'active');

    const seen = new Set<string>();
    site.world.onCommit(() => {
      for (const { row } of site.world.rows()) seen.add(row.accountStatus);
    });
    gate.open();
    await run;
    expect(seen).toEqual(new Set(['active']));
    const rows = site.world.rows().map(({ row }) => [row.accountStatus, row.accountStatusVersion]);
    expect(rows).toEqual(Array(2).fill(['active', 3]));
  });

  test('is not answered before every row has it: a shard that is away is waited for', async () => {
    await site.account({ subAccounts: 2, shards: SHARDS }, () => 50n);
    const instance = site.instance();
    instance.shard('west').isDown = true;
    const { operationId, run } = await site.start(instance, 'status', { status: 'frozen' });
    await run;
    expect(await site.operation(operationId)).toMatchObject({ status: 'running', step: 'telling' });
    instance.shard('west').isDown = false;
    await site.world.time.sleep(1_000);
    expect(await site.end(instance, operationId)).toMatchObject({ status: 'done' });
    expect(site.world.rows().map(({ row }) => row.accountStatus)).toEqual(['frozen', 'frozen']);
  });

  test('reaches rows that a resize makes at the same time, on a shard that was not in reach', async () => {
    await site.account({ subAccounts: 1, shards: ['east'] }, () => 50n);
    const [resizing, freezing] = [site.instance(), site.instance()];
    const told = new Gate();
    freezing.shard('east').before('batch', told.pass);
    const status = await site.start(freezing, 'status', { status: 'frozen' });
    await told.reached;
    await site.resize(resizing, { subAccounts: 2, shards: SHARDS });
    told.open();
    await status.run;
    expect(site.world.rows().map(({ row }) => row.accountStatus)).toEqual(['frozen', 'frozen']);
  });
});

describe('closing an account', () => {
  test('is for good', async () => {
    await site.account({ subAccounts: 2, shards: SHARDS });
    const instance = site.instance();
    expect(await site.setStatus(instance, 'closed')).toMatchObject({ status: 'done' });
    expect(await site.read()).toMatchObject({ status: 'closed', closingFrom: null });
    expect(await instance.submit(creditOf('topup', 1n))).toEqual({ kind: 'accountClosed' });
    expect(await site.setStatus(instance, 'active')).toMatchObject({ error: { code: 'ACCOUNT_CLOSED' } });
    expect(await site.setStatus(instance, 'closed')).toMatchObject({ status: 'done' });
  });

  test('leaves one that is not empty as it was', async () => {
    await site.account({ subAccounts: 2, shards: SHARDS }, () => 1n);
    const instance = site.instance();
    await site.setStatus(instance, 'frozen');
    const before = { account: await site.read(), rows: site.world.rows() };
    expect(await site.setStatus(instance, 'closed')).toMatchObject({
      status: 'failed',
      error: { code: 'ACCOUNT_NOT_EMPTY' },
    });
    expect({ account: await site.read(), rows: site.world.rows() }).toEqual(before);
    expect(before).toMatchObject({ account: { status: 'frozen', closingFrom: null } });
    expect(before.rows.map(({ row }) => row.accountStatus)).toEqual(['frozen', 'frozen']);
  });

  test.each<FaultPoint>(['status.recorded', 'status.told'])(
    'never shuts money in that comes in while it is at "%s"',
    async (point) => {
      const account = await site.account({ subAccounts: 2, shards: SHARDS });
      const other = site.instance();
      const gate = new Gate();
      const closing = site.instance({ reach: at(point, gate) });
      const { operationId, run } = await site.start(closing, 'status', { status: 'closed' });
      await gate.reached;
      const credits = await Promise.all(
        SHARDS.map((shard) => other.submit(creditOf(requestAt(shard, account), 5n))),
      );
      gate.open();
      await run;
      const { status } = await site.read();
      const credited = credits.filter(({ kind }) => kind === 'applied').length;
      expect([status, credited]).toEqual(point === 'status.told' ? ['closed', 0] : ['active', 2]);
      expect(await site.operation(operationId)).toMatchObject({
        status: status === 'closed' ? 'done' : 'failed',
      });
      expect(site.world.total()).toBe(5n * BigInt(credited));
      if (credited > 0) expect(await other.submit(deduction('back', 10n))).toMatchObject({ kind: 'applied' });
    },
  );

  test('is not undone by another runner of it that stalled over an emptier account', async () => {
    await site.account({ subAccounts: 2, shards: SHARDS });
    const stalled = site.instance();
    const gate = new Gate();
    // It has read nothing but zeros, and is about to say so.
    stalled.shard('west').after('reading', gate.pass);
    const { operationId, run } = await site.start(stalled, 'status', { status: 'closed' });
    await gate.reached;
    await site.expire(operationId);
    const other = site.instance();
    expect(await site.end(other, operationId)).toMatchObject({ status: 'done' });
    const closed = await site.read();
    gate.open();
    await run;
    expect(await site.read()).toEqual(closed);
  });
});

function at(point: FaultPoint, gate: Gate): ReachPoint {
  return (reached) => (reached === point ? gate.pass() : undefined);
}
