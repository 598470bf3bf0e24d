import { EngineSite } from '../../test/models/engine-site';
import { creditOf, deduction, requestAt } from '../../test/models/engine-requests';

const SHARDS = ['east', 'north', 'west'];

/** An account with one sub-account a shard; all that moves is what the rebalancer moved. */
describe('the rebalancer', () => {
  let site: EngineSite;

  beforeEach(async () => {
    site = await EngineSite.open(SHARDS);
  });

  afterEach(() => site.close());

  const balances = (): bigint[] =>
    SHARDS.map((shard) =>
      site.world
        .rows()
        .filter((each) => each.shard === shard)
        .reduce((sum, { row }) => sum + row.availableMinor, 0n),
    );
  const account = (...funds: bigint[]) =>
    site.account({ subAccounts: 3, shards: SHARDS }, (index) => funds[index] ?? 0n);

  test('lifts a shard that runs low, and moves nothing once none is', async () => {
    const { accountId } = await account(900n, 900n, 0n);
    const { rebalancer, accounts } = site.instance();
    await accounts.read(accountId);
    rebalancer.note(accountId);
    await rebalancer.tick();
    const leveled = balances();
    expect(leveled[2]).toBe(600n);
    expect(leveled.reduce((sum, each) => sum + each)).toBe(1_800n);

    rebalancer.note(accountId);
    await rebalancer.tick();
    expect(balances()).toEqual(leveled);
  });

  test('leaves alone what is a little uneven, unless it is asked to be exact', async () => {
    const record = await account(700n, 600n, 500n);
    const { rebalancer, accounts } = site.instance();
    await accounts.read(record.accountId);
    rebalancer.note(record.accountId);
    await rebalancer.tick();
    expect(balances()).toEqual([700n, 600n, 500n]);
    expect(await rebalancer.level(record, true)).toBe(100n);
    expect(balances()).toEqual([600n, 600n, 600n]);
  });

  test('looks at no account that nobody has used since the last look', async () => {
    const { accountId } = await account(900n, 900n, 0n);
    const { rebalancer, accounts } = site.instance();
    await accounts.read(accountId);
    await rebalancer.tick();
    expect(balances()).toEqual([900n, 900n, 0n]);
  });

  test('is one instance’s work for each account, by lease', async () => {
    const { accountId } = await account(900n, 900n, 0n);
    const [owner, other] = [site.instance(), site.instance()];
    for (const { accounts } of [owner, other]) await accounts.read(accountId);
    await site.directory.leases.acquire(`rebalance ${accountId}`, 'somebody else', 60_000);
    other.rebalancer.note(accountId);
    await other.rebalancer.tick();
    expect(balances()).toEqual([900n, 900n, 0n]);

    await site.directory.leases.release(`rebalance ${accountId}`, 'somebody else');
    owner.rebalancer.note(accountId);
    await owner.rebalancer.tick();
    expect(balances()[2]).toBe(600n);
  });

  test('brings money to where it is spent, whichever instance it is spent through', async () => {
    const record = await account(1_000n, 1_000n, 1_000n);
    const { rebalancer, accounts } = site.instance();
    const other = site.instance();
    for (const each of [accounts, other.accounts]) await each.read(record.accountId);
    rebalancer.note(record.accountId);
    await rebalancer.tick();
    // 80 a second go out in the west, where 200 are left: less than half of what ten seconds will take.
    for (let turn = 0; turn < 10; turn += 1)
      await other.submit(deduction(requestAt('west', record, turn), 80n));
    await site.world.time.sleep(10_000);
    rebalancer.note(record.accountId);
    await rebalancer.tick();
    expect(balances()[2]).toBeGreaterThan(800n);
  });

  test('does not stop at an account that cannot be leveled', async () => {
    const { accountId } = await account(900n, 900n, 0n);
    const { rebalancer, accounts, submit, observer } = site.instance();
    await accounts.read(accountId);
    await submit(creditOf('credit', 1n));
    rebalancer.note(accountId);
    site.directoryIsAway = true;
    await rebalancer.tick();
    site.directoryIsAway = false;
    expect(observer.deferrals).toEqual([`leveling ${accountId}`]);
  });
});
