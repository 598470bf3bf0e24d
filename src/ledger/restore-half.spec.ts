import { row } from '../../test/models/commands';
import { applyBatch } from './apply-batch';
import type { RestoreHalfCommand } from './command';
import type { ShardState } from './shard-state';
import { rowKey, type SubAccount } from './sub-account';

const NOTHING = new Map<string, never>();

function stateOf(stored: SubAccount): ShardState {
  return {
    nowUs: 1_000,
    subAccounts: new Map([[rowKey(stored.accountId, stored.index), stored]]),
    wholeAccounts: new Set(),
    lookedUpKeys: new Set(),
    entries: NOTHING,
    arrivals: NOTHING,
    departures: NOTHING,
    holds: NOTHING,
    reversals: NOTHING,
    intakes: NOTHING,
  };
}

function lost(half: 'in' | 'out'): RestoreHalfCommand {
  return {
    kind: 'restoreHalf',
    accountId: 'acme',
    transferId: 'move 1',
    amountMinor: 70n,
    fromSubAccount: half === 'out' ? 0 : 1,
    toSubAccount: half === 'out' ? 1 : 0,
    half,
    peerShard: 'far',
    subAccount: 0,
    fingerprint: 'f',
  };
}

describe('a half of a transfer that was lost with a shard', () => {
  const before = row({ availableMinor: 5n });

  test('arrives again, and what had arrived is taken off', () => {
    const decided = applyBatch(stateOf(before), [lost('in')]);
    if (decided.kind !== 'decided') throw new Error('it needs more');
    expect(decided.outcomes).toMatchObject([
      {
        kind: 'applied',
        entry: { kind: 'deduction', requestId: 'lost move 1', amountMinor: 70n, version: 2 },
      },
    ]);
    const { subAccounts, arrivals, departures } = decided.changes;
    expect(subAccounts).toMatchObject([{ availableMinor: 5n, netMinor: -65n, movedMinor: 70n, version: 2 }]);
    expect(arrivals).toMatchObject([
      { transferId: 'move 1', fromShard: 'far', fromSubAccount: 1, toVersion: 1 },
    ]);
    expect(departures).toEqual([]);
  });

  test('leaves again, and what had left is put back before', () => {
    const decided = applyBatch(stateOf(before), [lost('out')]);
    if (decided.kind !== 'decided') throw new Error('it needs more');
    expect(decided.outcomes).toMatchObject([
      { kind: 'applied', entry: { kind: 'credit', requestId: 'lost move 1', amountMinor: 70n, version: 1 } },
    ]);
    const { subAccounts, arrivals, departures } = decided.changes;
    expect(subAccounts).toMatchObject([{ availableMinor: 5n, netMinor: 75n, movedMinor: -70n, version: 2 }]);
    expect(departures).toMatchObject([
      { transferId: 'move 1', toShard: 'far', fromSubAccount: 0, fromVersion: 2 },
    ]);
    expect(arrivals).toEqual([]);
  });

  test('is restored once', () => {
    for (const half of ['in', 'out'] as const) {
      const decided = applyBatch(stateOf(before), [lost(half), lost(half)]);
      if (decided.kind !== 'decided') throw new Error('it needs more');
      expect(decided.outcomes.map(({ kind }) => kind)).toEqual(['applied', 'replayed']);
      expect(decided.changes.entries).toHaveLength(1);
      expect(decided.changes.subAccounts).toMatchObject([{ availableMinor: 5n, version: 2 }]);
    }
  });
});
