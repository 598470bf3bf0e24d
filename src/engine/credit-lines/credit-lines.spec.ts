import { creditOf, deduction } from '../../../test/models/engine-requests';
import { EngineSite, Gate } from '../../../test/models/engine-site';
import type { EngineInstance } from '../../../test/models/engine-world';
import type { FaultPoint } from '../fault-points';

const SHARDS = ['east', 'west'];
const POINTS: readonly FaultPoint[] = ['credit.begun', 'credit.told', 'credit.halting'];

type Instance = ReturnType<EngineSite['instance']>;

let site: EngineSite;

beforeEach(async () => {
  site = await EngineSite.open(SHARDS);
});

afterEach(async () => {
  await site.close();
});

/** As a PATCH does it. */
async function limit(instance: Instance, creditLimitMinor: bigint) {
  await site.directory.changeAccount('acme', { creditLimitMinor }, undefined);
  return (await instance.creditLines.settle('acme'))?.credit;
}

function granted(): bigint {
  return site.world.rows().reduce((sum, { row }) => sum + row.grantedMinor, 0n);
}

async function pays(instance: EngineInstance, key: string, amountMinor: bigint): Promise<unknown> {
  const outcome = await instance.submit(deduction(key, amountMinor));
  return outcome.kind === 'insufficientFunds' ? outcome.availableMinor : outcome.kind;
}

describe('a credit line', () => {
  test('is paid from over all shards, to the last unit, by any instance', async () => {
    await site.account({ subAccounts: 4, shards: SHARDS }, () => 10n);
    const [instance, other] = [site.instance(), site.instance()];
    expect(await limit(instance, 100n)).toMatchObject({
      limitMinor: 100n,
      isUnsettled: false,
      isOver: false,
    });
    expect(await pays(other, 'whale', 139n)).toBe('applied');
    expect(await pays(other, 'too much', 2n)).toBe(1n);
    expect(await pays(instance, 'last', 1n)).toBe('applied');
    expect(await pays(other, 'none', 1n)).toBe(0n);
    expect(await other.balances.snapshot(await site.read())).toMatchObject({
      totalMinor: -100n,
      availableMinor: -100n,
      grantedMinor: 100n,
    });
  });

  test('that is lowered takes back what is not used, wherever it lies', async () => {
    await site.account({ subAccounts: 4, shards: SHARDS }, () => 0n);
    const instance = site.instance();
    await limit(instance, 100n);
    await pays(instance, 'some', 30n);
    expect(await limit(instance, 45n)).toMatchObject({ isUnsettled: false, isOver: false });
    expect(granted()).toBe(45n);
    expect(await pays(instance, 'too much', 16n)).toBe(15n);
    expect(await pays(instance, 'rest', 15n)).toBe('applied');
  });

  test('that is lowered below its use lets nothing out until credits have brought the account within it', async () => {
    await site.account({ subAccounts: 4, shards: SHARDS }, () => 0n);
    const [instance, other] = [site.instance(), site.instance()];
    await limit(instance, 100n);
    await pays(instance, 'all', 100n);
    expect(await limit(instance, 40n)).toMatchObject({ isUnsettled: true, isOver: true });
    expect(await pays(other, 'above', 1n)).toBe(0n);
    await other.submit(creditOf('half', 60n));
    expect(await pays(other, 'at the limit', 1n)).toBe(0n);
    await other.submit(creditOf('a little', 7n));
    expect(await pays(other, 'too much', 8n)).toBe(7n);
    expect(await pays(other, 'just that', 7n)).toBe('applied');
    expect((await site.read()).credit).toMatchObject({ isUnsettled: false, isOver: false });
    expect(granted()).toBe(40n);
  });

  test('that is raised again, or taken away, is followed at once', async () => {
    await site.account({ subAccounts: 2, shards: SHARDS }, () => 0n);
    const instance = site.instance();
    await limit(instance, 50n);
    await pays(instance, 'all', 50n);
    expect(await limit(instance, 10n)).toMatchObject({ isOver: true });
    expect(await limit(instance, 60n)).toMatchObject({ isUnsettled: false, isOver: false });
    expect(await pays(instance, 'ten', 10n)).toBe('applied');
    await instance.submit(creditOf('back', 60n));
    await site.directory.changeAccount('acme', { creditLimitMinor: null }, undefined);
    await instance.creditLines.settle('acme');
    expect(granted()).toBe(0n);
  });

  test('keeps an account that is frozen frozen, and refuses for its limit once it is not', async () => {
    await site.account({ subAccounts: 2, shards: SHARDS }, () => 0n);
    const instance = site.instance();
    await limit(instance, 50n);
    await pays(instance, 'all', 50n);
    await site.setStatus(instance, 'frozen');
    expect(await limit(instance, 10n)).toMatchObject({ isOver: true });
    expect(await pays(instance, 'frozen', 1n)).toBe('accountFrozen');
    await site.setStatus(instance, 'active');
    expect(await pays(instance, 'above', 1n)).toBe(0n);
  });

  test('moves with its account, and what was granted on a shard that was left counts', async () => {
    await site.account({ subAccounts: 4, shards: ['east'] }, () => 5n);
    const instance = site.instance();
    await limit(instance, 100n);
    await site.resize(instance, { subAccounts: 2, shards: ['west'] });
    await instance.sweeper.sweep('acme');
    expect(await pays(instance, 'all', 120n)).toBe('applied');
    expect(granted()).toBe(100n);
    expect(await limit(instance, 30n)).toMatchObject({ isOver: true });
    await site.resize(instance, { subAccounts: 5, shards: SHARDS });
    expect(await pays(instance, 'above', 1n)).toBe(0n);
    expect(new Set(site.world.rows().map(({ row }) => row.accountStatus))).toEqual(new Set(['overLimit']));
  });

  test('is taken back when the account is closed, and an account in debt is not', async () => {
    await site.account({ subAccounts: 2, shards: SHARDS }, () => 0n);
    const instance = site.instance();
    await limit(instance, 50n);
    await pays(instance, 'debt', 20n);
    expect(await site.setStatus(instance, 'closed')).toMatchObject({
      status: 'failed',
      error: { code: 'ACCOUNT_NOT_EMPTY' },
    });
    expect(await pays(instance, 'more', 20n)).toBe('applied');
    await instance.submit(creditOf('back', 40n));
    expect(await site.setStatus(instance, 'closed')).toMatchObject({ status: 'done' });
    expect(granted()).toBe(0n);
    expect((await site.read()).credit).toMatchObject({ limitMinor: null, isUnsettled: false });
  });
});

describe('a change of a credit line', () => {
  test.each(POINTS)('that dies at %s is finished by another instance, exactly', async (point) => {
    await site.account({ subAccounts: 4, shards: SHARDS }, () => 0n);
    const other = site.instance();
    await limit(other, 100n);
    await pays(other, 'some', 80n);
    let isDead = false;
    const dying = site.instance({
      reach: (reached) => {
        if (reached !== point || isDead) return undefined;
        isDead = true;
        return Promise.reject(new Error('it dies'));
      },
    });
    const lowered = point === 'credit.halting' ? 50n : 90n;
    await expect(limit(dying, lowered)).rejects.toThrow('it dies');
    await other.creditLines.settle('acme');
    expect(await pays(other, 'more', 11n)).toBe(point === 'credit.halting' ? 0n : 10n);
    if (point === 'credit.halting') await other.submit(creditOf('back', 30n));
    await other.creditLines.settle('acme');
    expect(granted()).toBe(lowered);
  });

  test('that comes late is not made a second time', async () => {
    await site.account({ subAccounts: 4, shards: SHARDS }, () => 0n);
    const [stalled, other] = [site.instance(), site.instance()];
    const gate = new Gate();
    stalled.shard('west').before('batch', gate.pass);
    const late = limit(stalled, 100n);
    await gate.reached;
    await other.creditLines.settle('acme');
    expect(granted()).toBe(100n);
    gate.open();
    await late;
    expect(granted()).toBe(100n);
  });

  test('beside another one has one order: the rows have what the directory says in the end', async () => {
    await site.account({ subAccounts: 4, shards: SHARDS }, () => 0n);
    const [one, two] = [site.instance(), site.instance()];
    await Promise.all([limit(one, 70n), limit(two, 30n), limit(one, 50n)]);
    const { credit } = await site.read();
    expect(credit.isUnsettled).toBe(false);
    expect(granted()).toBe(credit.limitMinor);
  });

  test('that the directory has lost is undone by a repair', async () => {
    await site.account({ subAccounts: 4, shards: SHARDS }, () => 0n);
    const instance = site.instance();
    await limit(instance, 20n);
    await site.backUp();
    await limit(instance, 100n);
    await pays(instance, 'some', 60n);
    await site.restore();
    const repaired = site.instance();
    const { run } = await site.start(repaired, 'repair', {});
    await run;
    expect((await site.read()).credit).toMatchObject({ limitMinor: 20n, isOver: true });
    expect(await pays(repaired, 'above', 1n)).toBe(0n);
    await repaired.submit(creditOf('back', 45n));
    expect(await pays(repaired, 'within', 5n)).toBe('applied');
    expect(granted()).toBe(20n);
  });
});
