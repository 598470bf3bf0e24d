import type { LevelRecord } from '../../shards/directory/balance-levels';
import { accountRecord } from '../../../test/models/account-record';
import type { Balances } from '../balances';
import type { ShardSet } from '../shard-set';
import { LevelLooks } from './level-looks';

const balance = (availableMinor: bigint) => ({
  availableMinor,
  heldMinor: 0n,
  totalMinor: availableMinor,
  inTransitMinor: 0n,
  grantedMinor: 0n,
});

/** An account on two shards with a level, and readings of its balance in the order in which they are made. */
class Stage {
  readonly told: string[] = [];
  record: LevelRecord = {
    account: { ...accountRecord({ accountId: 'acme' }), reach: ['s0', 's1'], readAtUs: 10_000_000 },
    level: 'ample',
    lowBalanceMinor: 10n,
    shortOfMinor: null,
    version: 1,
    replenishedAtUs: 0,
  };
  current: bigint[] = [];
  snapshots: bigint[] = [];
  /** Somebody else steps before the next compare-and-set. */
  overtaken: Partial<LevelRecord> | undefined;

  readonly looks = new LevelLooks({
    levels: {
      find: () => Promise.resolve([this.record]),
      step: ({ version }, step) => {
        if (this.overtaken) this.record = { ...this.record, ...this.overtaken, version: version + 1 };
        this.overtaken = undefined;
        if (this.record.version !== version) return Promise.resolve(false);
        this.record = { ...this.record, ...step, version: version + 1 };
        this.told.push(String(step.crossing));
        return Promise.resolve(true);
      },
    },
    balances: {
      current: () => Promise.resolve(balance(this.current.shift() ?? 0n)),
      snapshot: () => Promise.resolve(balance(this.snapshots.shift() ?? 0n)),
    } as unknown as Balances,
    shards: {} as ShardSet,
    restMs: 5_000,
  });
}

describe('a look at a balance', () => {
  it('tells nothing of a sum that the account never had', async () => {
    const stage = new Stage();
    stage.current = [5n];
    stage.snapshots = [50n];
    await stage.looks.look('acme', { hasPaid: true });
    expect(stage.told).toEqual([]);
  });

  it('reads the balance again where somebody else has changed the level', async () => {
    const stage = new Stage();
    stage.current = [0n, 50n];
    stage.snapshots = [0n, 50n];
    stage.overtaken = { level: 'ample', replenishedAtUs: 0 };
    await stage.looks.look('acme', { hasPaid: true });
    expect(stage.told).toEqual([]);
  });

  it('is taken again where the account was replenished a moment ago', async () => {
    const stage = new Stage();
    stage.record = { ...stage.record, level: 'low', replenishedAtUs: 9_000_000 };
    stage.current = [50n];
    stage.snapshots = [50n];
    expect(await stage.looks.look('acme', { hasPaid: false })).toEqual({ againMs: 4_000 });
    expect(stage.told).toEqual([]);
  });
});
