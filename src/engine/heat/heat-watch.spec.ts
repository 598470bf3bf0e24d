import { accountRecord } from '../../../test/models/account-record';
import { COLD, type HeatRecord, type HeatState } from '../../shards/directory/heat-store';
import { SILENT_OBSERVER } from '../observer';
import { HeatMeter } from './heat-meter';
import { HeatWatch } from './heat-watch';
import { SharedReports } from './shared-reports';

const SETTINGS = { intervalMs: 1_000, hotPerSecond: 100, hotMs: 2_000, cooledMs: 5_000, leaseMs: 5_000 };

/** The directory that instances share: its accounts, leases and reports. */
class Stage {
  nowMs = 0;
  isAway = false;
  readonly told: string[] = [];
  readonly reports = new Map<string, string>();
  readonly records = new Map<string, HeatRecord>();
  leader: string | undefined;

  constructor(...accountIds: readonly string[]) {
    for (const accountId of accountIds)
      this.records.set(accountId, { account: accountRecord({ accountId }), state: COLD, version: 1 });
  }

  instance(instanceId: string, isLeader: () => boolean = () => (this.leader ??= instanceId) === instanceId) {
    const meter = new HeatMeter(() => this.nowMs);
    const reachable = <T>(value: T): Promise<T> =>
      this.isAway ? Promise.reject(new Error('away')) : Promise.resolve(value);
    const watch = new HeatWatch({
      meter,
      reports: new SharedReports({
        report: async (id, report) => {
          await reachable(this.reports.set(id, report));
        },
        reports: () => reachable([...this.reports.values()]),
      }),
      store: {
        watched: () => reachable([...this.records.values()].filter(({ state }) => state.hotSinceUs !== null)),
        find: (ids) => reachable(ids.flatMap((id) => this.records.get(id) ?? [])),
        step: (record, state, told) => reachable(this.#step(record, state, told?.type)),
      },
      leases: { acquire: () => reachable(isLeader()) },
      shards: () => [{ shard: 's0', lanes: 1, isDown: false }],
      settings: SETTINGS,
      instanceId,
      observer: SILENT_OBSERVER,
      now: () => this.nowMs,
    });
    return { meter, watch };
  }

  #step(
    { account: { accountId }, version }: Pick<HeatRecord, 'account' | 'version'>,
    state: HeatState,
    type?: string,
  ): boolean {
    const known = this.records.get(accountId);
    if (known?.version !== version) return false;
    this.records.set(accountId, { ...known, state, version: version + 1 });
    if (type !== undefined) this.told.push(`${type} ${accountId}`);
    return true;
  }

  /** Some seconds, in each of which every instance does so many commands of the account. */
  async pass(
    seconds: number,
    perSecond: number,
    instances: readonly ReturnType<Stage['instance']>[],
    kind: 'deduct' | 'transferOut' = 'deduct',
  ): Promise<void> {
    const accountId = 'star';
    for (let second = 0; second < seconds; second += 1) {
      this.nowMs += 1_000;
      for (const { meter } of instances)
        if (perSecond > 0)
          meter.batchEnded({
            shard: 's0',
            commands: Array.from({ length: perSecond }, () => ({ command: { accountId, kind } })),
            seconds: 0.5,
            waitedMs: 1,
          });
      await Promise.all(instances.map(({ watch }) => watch.tick()));
    }
  }
}

describe('an account is hot', () => {
  it('when all instances together use it enough, and that is told once', async () => {
    const stage = new Stage('star');
    const first = stage.instance('a');
    const instances = [first, stage.instance('b'), stage.instance('c')];
    await stage.pass(20, 40, instances);
    expect(stage.told).toEqual(['account.hot star']);
    const { heat } = await first.watch.read();
    expect(heat.accounts[0]?.perSecond).toBeCloseTo(120, 0);
    expect(heat.shards.get('s0')?.busy).toBeCloseTo(0.5, 1);
  });

  it('once, also where two instances believe that they decide', async () => {
    const stage = new Stage('star');
    const both = [stage.instance('a', () => true), stage.instance('b', () => true)];
    await stage.pass(20, 100, both);
    await stage.pass(40, 0, both);
    expect(stage.told).toEqual(['account.hot star', 'account.cooled star']);
  });

  it('not by a burst that is over at once', async () => {
    const stage = new Stage('star');
    const instances = [stage.instance('a')];
    await stage.pass(1, 200, instances);
    await stage.pass(10, 0, instances);
    expect(stage.told).toEqual([]);
  });

  it('not by what the service does by itself, as it does when it splits the account', async () => {
    const stage = new Stage('star');
    const instances = [stage.instance('a')];
    await stage.pass(10, 200, instances, 'transferOut');
    expect(stage.told).toEqual([]);
  });

  it('until it has been used less than half as much for a while', async () => {
    const stage = new Stage('star');
    const instances = [stage.instance('a')];
    await stage.pass(10, 150, instances);
    await stage.pass(60, 70, instances);
    expect(stage.told).toEqual(['account.hot star']);
    await stage.pass(20, 20, instances);
    expect(stage.told).toEqual(['account.hot star', 'account.cooled star']);
  });
});

describe('while neither place can be reached', () => {
  it('nothing is found, and what was seen before has to be seen again', async () => {
    const stage = new Stage('star');
    const instances = [stage.instance('a')];
    await stage.pass(10, 150, instances);
    await stage.pass(6, 10, instances);
    stage.isAway = true;
    await stage.pass(30, 0, instances);
    expect(stage.told).toEqual(['account.hot star']);
    stage.isAway = false;
    await stage.pass(3, 0, instances);
    expect(stage.told).toEqual(['account.hot star']);
    await stage.pass(10, 0, instances);
    expect(stage.told).toEqual(['account.hot star', 'account.cooled star']);
  });
});

describe('an instance that is not used', () => {
  it('says so once, and writes nothing from then on', async () => {
    const stage = new Stage('star');
    const idle = stage.instance('idle', () => false);
    await stage.pass(3, 0, [idle]);
    stage.reports.clear();
    await stage.pass(20, 0, [idle]);
    expect(stage.reports.size).toBe(0);
  });
});
