import fc from 'fast-check';
import { accountRecord } from '../../../test/models/account-record';
import { autoSplitText } from '../../shards/directory/auto-split';
import { COLD, type HeatRecord, type HeatState } from '../../shards/directory/heat-store';
import type { AccountHeat, Heat, ShardHeat } from './heat-report';
import { decided, planSplit, SPLIT_SETTINGS, type SplitChange, type SplitQuestion } from './plan-split';

const MINUTE_US = 60_000_000;
const NOW_US = 1_000 * MINUTE_US;
const ALL = ['s0', 's1', 's2', 's3'];

type Account = HeatRecord['account'];

function question(given: {
  readonly account?: Partial<Account>;
  readonly state?: Partial<HeatState>;
  readonly own?: Partial<AccountHeat>;
  readonly shards?: Readonly<Record<string, Partial<ShardHeat>>>;
  readonly down?: readonly string[];
  readonly nowUs?: number;
}): SplitQuestion {
  const account = accountRecord({
    accountId: 'star',
    subAccounts: 1,
    placement: { epoch: 1, shards: ['s0'] },
    autoSplit: autoSplitText({ enabled: true }),
    ...given.account,
  });
  const idle = { busy: 0, lanes: 0, batchCommands: 0, waitMs: 0, isDown: false };
  const used = { s0: { busy: 0.98, lanes: 1, batchCommands: 400, waitMs: 20 }, ...given.shards };
  const heat: Heat = {
    accounts: [{ accountId: 'star', perSecond: 9_000, refusedPerSecond: 0, busy: 0.95, ...given.own }],
    shards: new Map(Object.entries(used).map(([shard, of]) => [shard, { shard, ...idle, ...of }])),
    instances: 1,
  };
  return {
    record: { account, state: { ...COLD, hotSinceUs: NOW_US - MINUTE_US, ...given.state }, version: 1 },
    heat,
    shards: ALL.map((shard) => ({ shard, lanes: 1, isDown: given.down?.includes(shard) ?? false })),
    settings: SPLIT_SETTINGS,
    nowUs: given.nowUs ?? NOW_US,
  };
}

const SPLIT_BEFORE = {
  kind: 'split' as const,
  atUs: NOW_US - 30 * MINUTE_US,
  reason: '',
  from: { subAccounts: 1, shards: ['s0'] },
  to: { subAccounts: 4, shards: ALL },
};
const SPREAD = { subAccounts: 4, placement: { epoch: 2, shards: ALL } };
const COOLED = {
  hotSinceUs: null,
  cooledAtUs: NOW_US - 20 * MINUTE_US,
  unsplit: SPLIT_BEFORE.from,
  decision: SPLIT_BEFORE,
  splits: 1,
};

describe('an account is split', () => {
  it('over all shards at hand, the least busy first, where its lanes have nothing left to give', () => {
    const shards = { s1: { busy: 0.4, lanes: 1 }, s2: { busy: 0.1, lanes: 1 } };
    expect(planSplit(question({ shards }))).toMatchObject({
      kind: 'split',
      to: { subAccounts: 4, shards: ['s0', 's3', 's2', 's1'] },
    });
  });

  it('into as many rows as its shards have lanes', () => {
    const asked = question({});
    const shards = asked.shards.map((shard) => ({ ...shard, lanes: 2 }));
    expect(planSplit({ ...asked, shards })).toMatchObject({ to: { subAccounts: 8 } });
  });

  it('again, when a shard has come', () => {
    const three = ['s0', 's1', 's2'];
    const busy = Object.fromEntries(
      three.map((shard) => [shard, { busy: 0.9, lanes: 1, batchCommands: 300 }]),
    );
    const account = { subAccounts: 3, placement: { epoch: 2, shards: three } };
    expect(planSplit(question({ account, shards: busy, own: { busy: 2.6 } }))).toMatchObject({
      to: { subAccounts: 4, shards: ALL },
    });
  });

  it('by its row, under a strategy whose transactions wait for each other', () => {
    const account = { strategy: 'atomic' };
    const shards = { s0: { busy: 0, lanes: 0 } };
    expect(planSplit(question({ account, shards, own: { busy: 6.3 } }))).toMatchObject({
      to: { subAccounts: 7, shards: ALL },
    });
    expect(planSplit(question({ account, shards, own: { busy: 1.5 } }))).toMatchObject({ kind: 'keep' });
  });
});

describe('an account stays as it is', () => {
  const kept: readonly (readonly [string, Parameters<typeof question>[0]])[] = [
    ['its size is fixed', { account: { autoSplit: autoSplitText({ enabled: false }) } }],
    ['its size is fixed', { account: { autoSplit: null } }],
    ['it is frozen', { account: { status: 'frozen' } }],
    ['it is closed', { account: { status: 'closed' } }],
    ['it is being created', { account: { creation: 'creating' } }],
    ['an operation is under way', { account: { operationId: 'another' } }],
    ['its strategy is leased', { account: { strategy: 'leased' } }],
    ['the last decision was a moment ago', { state: { decision: { ...SPLIT_BEFORE, atUs: NOW_US - 1 } } }],
    ['its shards have room', { shards: { s0: { busy: 0.6, lanes: 1, batchCommands: 400 } } }],
    ['its shards work for others', { own: { busy: 0.2 } }],
    ['its batches can grow', { shards: { s0: { busy: 1, lanes: 1, batchCommands: 12 } } }],
    ['no shard at hand has more to give', { down: ['s1', 's2', 's3'] }],
    [
      'no shard at hand has more to give',
      {
        shards: Object.fromEntries(
          ALL.map((shard) => [shard, { busy: 0.9, lanes: 1, batchCommands: 300, isDown: false }]),
        ),
      },
    ],
    [
      'it has as many sub-accounts as it may be given',
      { account: { autoSplit: autoSplitText({ enabled: true, max: 1 }) } },
    ],
    ['it is not hot', { state: { hotSinceUs: null } }],
    ['it has not been cool for long enough', { account: SPREAD, state: { ...COOLED, splits: 2 } }],
    ['it is used a good deal still', { account: SPREAD, state: COOLED, own: { busy: 0.4 } }],
  ];

  it.each(kept)('because %s', (reason, given) => {
    expect(planSplit(question(given))).toMatchObject({
      kind: 'keep',
      reason: expect.stringContaining(reason) as string,
    });
  });

  it('never gets more rows than it may, nor fewer than it has, whatever its heat', () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(part, { minLength: 4, maxLength: 4 }),
        part,
        (max, present, busy, own) => {
          const shards = Object.fromEntries(
            ALL.map((shard, at) => [shard, { busy: busy[at] ?? 0, lanes: 1, batchCommands: 300 }]),
          );
          const account = {
            subAccounts: present,
            placement: { epoch: 1, shards: ALL.slice(0, present) },
            autoSplit: autoSplitText({ enabled: true, max }),
          };
          const plan = planSplit(question({ account, shards, own: { busy: own * 4 } }));
          if (plan.kind === 'keep') return;
          if (plan.kind !== 'split') throw new Error(`it is hot, and its plan is to ${plan.kind}`);
          expect(plan.to.subAccounts).toBeLessThanOrEqual(max);
          expect(plan.to.subAccounts).toBeGreaterThanOrEqual(present);
          expect(plan.to.shards.length).toBeLessThanOrEqual(plan.to.subAccounts);
          expect(plan.to.shards.slice(0, present)).toEqual(ALL.slice(0, present));
        },
      ),
    );
  });
});

describe('an account that has cooled', () => {
  it('is made as it was, on the first of its shards', () => {
    expect(planSplit(question({ account: SPREAD, state: COOLED, own: { busy: 0 } }))).toMatchObject({
      kind: 'merge',
      to: { subAccounts: 1, shards: ['s0'] },
    });
  });

  it('is not made smaller than it may be', () => {
    const account = { ...SPREAD, autoSplit: autoSplitText({ enabled: true, min: 2 }) };
    expect(planSplit(question({ account, state: COOLED, own: { busy: 0 } }))).toMatchObject({
      kind: 'merge',
      to: { subAccounts: 2, shards: ['s0'] },
    });
  });
});

describe('nobody looks any more at an account that was split', () => {
  const forgotten: readonly (readonly [string, Parameters<typeof question>[0]])[] = [
    ['its size is fixed', { account: { ...SPREAD, autoSplit: autoSplitText({ enabled: false }) } }],
    ['it is closed', { account: { ...SPREAD, status: 'closed' } }],
    [
      'it is as small as it may be',
      { account: { ...SPREAD, subAccounts: 1, placement: { epoch: 3, shards: ['s0'] } } },
    ],
  ];

  it.each(forgotten)('once %s', (reason, given) => {
    const plan = planSplit(question({ ...given, state: COOLED, own: { busy: 0 } }));
    expect(plan).toEqual({ kind: 'forget', reason });
  });

  it('but before that whoever did not carry the way back out is followed by another', () => {
    const asked = question({ account: SPREAD, state: COOLED, own: { busy: 0 } });
    const plan = planSplit(asked);
    if (plan.kind !== 'merge') throw new Error(plan.reason);
    const record = { ...asked.record, state: decided(asked.record, plan, NOW_US) };
    expect(planSplit({ ...asked, record, nowUs: NOW_US + 5 * MINUTE_US })).toEqual(plan);
  });

  it('and one whose rows were only spread is on its first shards again', () => {
    const account = { ...SPREAD, subAccounts: 8 };
    const state = { ...COOLED, unsplit: { subAccounts: 8, shards: ['s0'] } };
    expect(planSplit(question({ account, state, own: { busy: 0 } }))).toMatchObject({
      kind: 'merge',
      to: { subAccounts: 8, shards: ['s0'] },
    });
  });
});

describe('over a day', () => {
  /** Runs the rules minute by minute, as the watch does with its bounds; what is decided takes effect at once. */
  function day(pressureAt: (minute: number) => number): SplitChange['kind'][] {
    let record = question({ state: { ...COLD } }).record;
    const made: SplitChange['kind'][] = [];
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      const nowUs = NOW_US + minute * MINUTE_US;
      const pressure = pressureAt(minute);
      const { shards } = record.account.placement;
      const busy = Math.min(1, pressure / shards.length);
      const heat: Heat = {
        accounts: [
          { accountId: 'star', perSecond: pressure * 9_000, refusedPerSecond: 0, busy: busy * shards.length },
        ],
        shards: new Map(
          shards.map((shard) => [
            shard,
            { shard, busy, lanes: 1, batchCommands: 400 * busy, waitMs: 0, isDown: false },
          ]),
        ),
        instances: 1,
      };
      const isHot = record.state.hotSinceUs !== null;
      if (!isHot && pressure > 0.06)
        record = { ...record, state: { ...record.state, hotSinceUs: nowUs, cooledAtUs: null } };
      if (isHot && pressure < 0.03)
        record = { ...record, state: { ...record.state, hotSinceUs: null, cooledAtUs: nowUs } };
      const asked = { ...question({}), record, heat, nowUs };
      const plan = planSplit(asked);
      if (plan.kind === 'forget') record = { ...record, state: { ...record.state, unsplit: null } };
      if (plan.kind === 'keep' || plan.kind === 'forget') continue;
      made.push(plan.kind);
      const placement = { epoch: 1, shards: plan.to.shards };
      record = {
        account: { ...record.account, subAccounts: plan.to.subAccounts, placement },
        state: decided(record, plan, nowUs),
        version: 1,
      };
    }
    return made;
  }

  it('with one rush, an account is split once and made as it was once', () => {
    expect(day((minute) => (minute > 600 && minute < 840 ? 2.5 : 0.01))).toEqual(['split', 'merge']);
  });

  it('with hours that come and go, it is resized a few times', () => {
    expect(day((minute) => (minute % 60 < 30 ? 2.5 : 0.01)).length).toBeLessThanOrEqual(7);
  });

  it('with a load that swings from minute to minute, it is split once and stays so', () => {
    expect(day((minute) => (minute % 2 === 0 ? 2.5 : 0.01))).toEqual(['split']);
  });

  it('with a load that one shard can take, it is never split', () => {
    expect(day(() => 0.6)).toEqual([]);
  });
});
