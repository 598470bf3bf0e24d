import { accountRecord } from '../../test/models/account-record';
import type { AuditedCall, EndAudited } from '../audit-log/audit-trail';
import type { Heat } from '../engine/heat/heat-report';
import { SPLIT_SETTINGS } from '../engine/heat/plan-split';
import type { OperationStart, ResizeRequest } from '../operations/operation.service';
import { COLD, type HeatRecord } from '../shards/directory/heat-store';
import type { OperationRecord } from '../shards/directory/operation-record';
import { AutoSplit } from './auto-split';

const HEAT: Heat = {
  accounts: [{ accountId: 'star', perSecond: 9_000, refusedPerSecond: 0, busy: 0.95 }],
  shards: new Map([
    ['s0', { shard: 's0', busy: 0.97, lanes: 1, batchCommands: 400, waitMs: 9, isDown: false }],
  ]),
  instances: 2,
};

class Stage {
  record: HeatRecord = {
    account: accountRecord({ accountId: 'star', subAccounts: 1, revision: 7, autoSplit: '{"enabled":true}' }),
    state: { ...COLD, hotSinceUs: 1 },
    version: 1,
  };
  readonly lines: (AuditedCall | Parameters<EndAudited>[0])[] = [];
  readonly resizes: ResizeRequest[] = [];
  answer: OperationStart = { kind: 'started', operation: { operationId: 'op1' } as OperationRecord };
  isLogAway = false;

  readonly autoSplit = new AutoSplit({
    operations: {
      resize: (request) => {
        this.resizes.push(request);
        return Promise.resolve(this.answer);
      },
    },
    store: {
      step: ({ version }, state) => {
        if (version !== this.record.version) return Promise.resolve(false);
        this.record = { ...this.record, state, version: version + 1 };
        return Promise.resolve(true);
      },
    },
    log: {
      begin: (call) => {
        if (this.isLogAway) return Promise.reject(new Error('away'));
        this.lines.push(call);
        return Promise.resolve((end) => void this.lines.push(end));
      },
    },
    shards: () => ['s0', 's1'].map((shard) => ({ shard, lanes: 1, isDown: false })),
    settings: SPLIT_SETTINGS,
    observer: { deferred: () => undefined },
  });
}

describe('an account that gains by it is split by itself', () => {
  it('on the revision that was decided about, with the reason in the audit log', async () => {
    const stage = new Stage();
    await stage.autoSplit.consider([stage.record], HEAT);
    expect(stage.resizes).toEqual([
      {
        accountId: 'star',
        subAccounts: 2,
        shards: ['s0', 's1'],
        revisions: new Set([7]),
        by: 'auto-split',
      },
    ]);
    expect(stage.lines).toMatchObject([
      {
        actor: 'auto-split',
        action: 'resizeSubAccounts',
        target: 'star',
        request: { count: 2, reason: expect.stringContaining('97 %') as string },
      },
      { outcome: 'succeeded', after: { operationId: 'op1' } },
    ]);
  });

  it('once, where two instances come to the same decision', async () => {
    const stage = new Stage();
    const seen = [stage.record];
    await Promise.all([stage.autoSplit.consider(seen, HEAT), stage.autoSplit.consider(seen, HEAT)]);
    await stage.autoSplit.consider([stage.record], HEAT);
    expect(stage.resizes).toHaveLength(1);
  });

  it('not without a line in the audit log', async () => {
    const stage = new Stage();
    stage.isLogAway = true;
    await stage.autoSplit.consider([stage.record], HEAT);
    expect(stage.resizes).toEqual([]);
  });

  it('not again, once nobody wants it to be as it was', async () => {
    const stage = new Stage();
    const { record } = stage;
    const unsplit = { subAccounts: 1, shards: ['s0'] };
    stage.record = {
      ...record,
      account: { ...record.account, autoSplit: '{"enabled":false}' },
      state: { ...COLD, unsplit },
    };
    await stage.autoSplit.consider([stage.record], HEAT);
    expect(stage.record.state).toEqual(COLD);
    expect([stage.resizes, stage.lines]).toEqual([[], []]);
  });

  it('not while an operator’s operation is under way, and says so', async () => {
    const stage = new Stage();
    stage.answer = { kind: 'inProgress', operationId: 'theirs' };
    await stage.autoSplit.consider([stage.record], HEAT);
    expect(stage.lines[1]).toEqual({ outcome: 'refused', code: 'OPERATION_IN_PROGRESS' });
  });
});
