import {
  cancellationOf,
  confirmationOf,
  deduction,
  holdOf,
  requestAt,
  reversalOf,
} from '../../test/models/engine-requests';
import { EngineSite, type SiteInstance } from '../../test/models/engine-site';
import { routeRequest } from '../ledger/routing';
import { ShardUnavailableError } from '../shards/faults';

const OLD = ['s0', 's1'];
const NEW = ['s2', 's3'];

describe('what was done before', () => {
  let site: EngineSite;
  let instance: SiteInstance;

  beforeEach(async () => {
    site = await EngineSite.open([...OLD, ...NEW]);
    instance = site.instance();
    await site.account({ subAccounts: 4, shards: OLD }, () => 100n);
  });
  afterEach(() => site.close());

  const move = () => site.resize(instance, { subAccounts: 2, shards: NEW });

  it('is settled in the row it was done in after a resize, and its money leaves that row', async () => {
    const account = await site.read();
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const id of ids) expect(await instance.submit(holdOf(id, 10n))).toMatchObject({ kind: 'held' });
    await site.resize(instance, { subAccounts: 2 });
    for (const id of ids) {
      const { shard, subAccount } = routeRequest(id, account.placement, account.subAccounts);
      const settled = { kind: 'holdSettled', shard, hold: { subAccount, confirmedMinor: 4n } };
      expect(await instance.follow(confirmationOf(id, 4n))).toMatchObject(settled);
    }
    await instance.sweeper.sweep('acme');
    const out = site.world.rows().filter(({ row }) => row.index >= 2);
    expect(out.map(({ row }) => row.state)).toEqual(['closed', 'closed']);
    expect([site.world.total(), site.world.inRows()]).toEqual([368n, 368n]);
  });

  it('is found on the shard it was done on, however long ago the account has moved', async () => {
    await instance.submit(holdOf('h', 30n));
    await instance.submit(deduction('d', 50n));
    await move();
    // The idempotency window of the move is over: nobody looks for keys there any more.
    const account = { ...(await site.read()), past: [] };
    const { engine } = instance;
    expect(await engine.follow(reversalOf('d', 'r', 20n), account)).toMatchObject({ kind: 'applied' });
    expect(await engine.follow(reversalOf('d', 'r', 20n), account)).toMatchObject({ kind: 'replayed' });
    expect(await engine.follow(cancellationOf('h'), account)).toMatchObject({
      kind: 'holdSettled',
      replayed: false,
      hold: { amountMinor: 30n },
    });
    expect(await engine.findHold(account, 'h')).toMatchObject({ hold: { state: 'cancelled' } });
  });

  it('that is nowhere is told so, and a cancel is remembered at home once all other shards were asked', async () => {
    await move();
    expect(await instance.follow(confirmationOf('h'))).toEqual({ kind: 'holdNotHere' });
    expect(await instance.follow(reversalOf('h', 'r'))).toEqual({ kind: 'deductionNotHere' });
    const { placement, subAccounts } = await site.read();
    const { shard } = routeRequest('h', placement, subAccounts);
    expect(await instance.follow(cancellationOf('h'))).toMatchObject({ kind: 'holdSettled', shard });
    expect(await instance.submit(holdOf('h', 1n))).toEqual({ kind: 'holdAlreadyCancelled' });
    expect(await instance.engine.findHold(await site.read(), 'h')).toMatchObject({ shard });
  });

  it('is not said to be nowhere while a shard where it may be cannot be read', async () => {
    const id = requestAt('s0', await site.read());
    await instance.submit(holdOf(id, 30n));
    await move();
    instance.shard('s0').isDown = true;
    for (const followUp of [confirmationOf(id), cancellationOf(id), reversalOf(id, 'r')])
      await expect(instance.follow(followUp)).rejects.toThrow(ShardUnavailableError);
    instance.shard('s0').isDown = false;
    await site.world.time.sleep(1_000);
    expect(await instance.follow(confirmationOf(id))).toMatchObject({ kind: 'holdSettled' });
  });

  it('is refused by an instance that does not know of the move only until it has read of it', async () => {
    const stale = site.instance();
    await stale.submit(deduction('first', 1n));
    await instance.submit(holdOf('h', 30n));
    await move();
    expect(await stale.follow(confirmationOf('h'))).toMatchObject({ kind: 'holdSettled' });
    expect(await stale.follow(cancellationOf('late'))).toMatchObject({ kind: 'holdSettled' });
    expect(await instance.submit(holdOf('late', 1n))).toEqual({ kind: 'holdAlreadyCancelled' });
  });

  it('is asked for at home only, while the account never had another placement', async () => {
    await instance.follow(cancellationOf('h'));
    await instance.follow(confirmationOf('i'));
    expect([...OLD, ...NEW].flatMap((name) => instance.shard(name).calls)).toEqual(['batch', 'batch']);
  });
});
