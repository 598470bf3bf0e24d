import { deduct, expire, fence, row, setStatus } from '../../test/models/commands';
import { LedgerShard } from '../../test/models/ledger-shard';
import type { FlushCommand, LeasedDeduction, RecallCommand } from './command';
import { RowTally } from './audit-row';
import { leaseKey } from './lease';

const EXPIRES_US = 5_000_000;

describe('a lease', () => {
  test('sets a part of its row aside, and no more than it may', () => {
    const shard = new LedgerShard([row({ availableMinor: 1_000n })]);
    expect(shard.run([flush({ next: next('l1') })]).outcomes).toMatchObject([
      { kind: 'flushed', isUsable: true, lease: { amountMinor: 100n, state: 'held' } },
    ]);
    expect(balanceOf(shard)).toEqual({ availableMinor: 900n, heldMinor: 100n });
    const poor = new LedgerShard([row({ availableMinor: 40n })]);
    expect(poor.run([flush({ next: next('l1') })]).outcomes).toMatchObject([{ lease: { amountMinor: 10n } }]);
  });

  test('pays what was answered from it and is followed by the next, topped up', () => {
    const shard = leased();
    const written = shard.run([
      flush({
        leaseId: leaseKey('l1'),
        deductions: [leasedOf('a', 30n), leasedOf('b', 5n)],
        next: next('l2'),
      }),
    ]);
    expect(written.outcomes).toMatchObject([{ kind: 'flushed', found: 0, lease: { amountMinor: 100n } }]);
    expect(balanceOf(shard)).toEqual({ availableMinor: 865n, heldMinor: 100n });
    expect(shard.entries.get('acme a')).toMatchObject({ kind: 'deduction', amountMinor: 30n });
    expectAudited(shard);
  });

  test('keeps the money of a key that had been sent elsewhere too, and tells of one that stands for something else', () => {
    const shard = leased();
    shard.run([
      deduct({ requestId: 'twice', amountMinor: 30n, fingerprint: leasedOf('twice', 30n).fingerprint }),
    ]);
    shard.run([deduct({ requestId: 'other', amountMinor: 7n })]);
    const outcome = shard.run([
      flush({
        leaseId: leaseKey('l1'),
        deductions: [leasedOf('twice', 30n), leasedOf('other', 1n)],
        next: null,
      }),
    ]).outcomes;
    expect(outcome).toMatchObject([{ kind: 'flushed', lease: undefined, found: 1, reused: ['other'] }]);
    expect(balanceOf(shard)).toEqual({ availableMinor: 963n, heldMinor: 0n });
  });

  test('sent again as it was writes nothing again, and is not answered from any more', () => {
    const shard = leased();
    const first = flush({ leaseId: leaseKey('l1'), deductions: [leasedOf('a', 30n)], next: next('l2') });
    shard.run([first]);
    const before = balanceOf(shard);
    expect(shard.run([first]).outcomes).toMatchObject([
      { kind: 'flushed', isUsable: false, lease: { holdId: leaseKey('l2') } },
    ]);
    const last = flush({ leaseId: leaseKey('l2'), next: null });
    shard.run([last]);
    expect(shard.run([last]).outcomes).toMatchObject([{ kind: 'flushed', lease: undefined }]);
    expect(balanceOf(shard)).toEqual({
      availableMinor: before.availableMinor + before.heldMinor,
      heldMinor: 0n,
    });
  });

  test.each(['takes the next lease', 'is the last'])(
    'that %s tells of a key that stands for something else also when it is sent again',
    (what) => {
      const shard = leased();
      shard.run([deduct({ requestId: 'other', amountMinor: 7n })]);
      const sent = flush({
        leaseId: leaseKey('l1'),
        deductions: [leasedOf('a', 30n), leasedOf('other', 1n)],
        next: what === 'is the last' ? null : next('l2'),
      });
      for (const time of ['at first', 'again'])
        expect({ time, ...shard.run([sent]).outcomes[0] }).toMatchObject({ time, reused: ['other'] });
    },
  );

  test('that has expired pays nothing more; one whose time is over and that nobody has released still does', () => {
    const shard = leased();
    shard.nowUs += EXPIRES_US;
    const paid = flush({ leaseId: leaseKey('l1'), deductions: [leasedOf('a', 30n)], next: next('l2') });
    expect(shard.run([paid]).outcomes).toMatchObject([{ kind: 'flushed' }]);
    shard.nowUs += EXPIRES_US;
    shard.run([expire({ holdId: leaseKey('l2') })]);
    const late = flush({ leaseId: leaseKey('l2'), deductions: [leasedOf('b', 30n)], next: next('l3') });
    expect(shard.run([late]).outcomes).toEqual([{ kind: 'leaseOver' }]);
    expect(shard.entries.has('acme b')).toBe(false);
    expect(balanceOf(shard)).toEqual({ availableMinor: 970n, heldMinor: 0n });
  });

  test('never pays more than it holds', () => {
    const shard = leased();
    const greedy = flush({ leaseId: leaseKey('l1'), deductions: [leasedOf('a', 101n)], next: null });
    expect(shard.run([greedy]).outcomes).toEqual([{ kind: 'leaseOver' }]);
    expect(balanceOf(shard)).toEqual({ availableMinor: 900n, heldMinor: 100n });
  });

  test('is turned back by a fence with what it would write, and gives its money back all the same', () => {
    const shard = leased();
    shard.run([fence({ epoch: 2 })]);
    const late = flush({ leaseId: leaseKey('l1'), deductions: [leasedOf('a', 30n)], next: null });
    expect(shard.run([late]).outcomes).toEqual([{ kind: 'fenced', epoch: 2 }]);
    expect(shard.run([flush({ leaseId: leaseKey('l1'), next: next('l2') })]).outcomes).toMatchObject([
      { kind: 'fenced' },
    ]);
    shard.run([flush({ leaseId: leaseKey('l1'), next: null })]);
    expect(balanceOf(shard)).toEqual({ availableMinor: 1_000n, heldMinor: 0n });
  });

  test.each(['frozen', 'recalled'] as const)(
    'is %s: what was answered is written, what is left stays for its owner, nothing more is lent',
    (how) => {
      const shard = leased();
      shard.run([how === 'frozen' ? setStatus({ status: 'frozen', version: 2 }) : recall('l1')]);
      const behind = flush({ leaseId: leaseKey('l1'), deductions: [leasedOf('a', 30n)], next: next('l2') });
      expect(shard.run([behind]).outcomes).toMatchObject([
        { kind: 'flushed', isUsable: false, lease: { amountMinor: 70n } },
      ]);
      const more = flush({ leaseId: leaseKey('l2'), deductions: [leasedOf('b', 70n)], next: next('l3') });
      expect(shard.run([more]).outcomes).toMatchObject([{ isUsable: false, lease: undefined }]);
      expect(balanceOf(shard)).toEqual({ availableMinor: 900n, heldMinor: 0n });
      expectAudited(shard);
    },
  );

  test('is not taken of an account that is not active', () => {
    const shard = new LedgerShard([row({ availableMinor: 1_000n, accountStatus: 'frozen' })]);
    expect(shard.run([flush({ next: next('l1') })]).outcomes).toMatchObject([
      { kind: 'flushed', isUsable: false, lease: undefined },
    ]);
    expect(balanceOf(shard)).toEqual({ availableMinor: 1_000n, heldMinor: 0n });
  });
});

function leased(): LedgerShard {
  const shard = new LedgerShard([row({ availableMinor: 1_000n })]);
  shard.run([flush({ next: next('l1') })]);
  return shard;
}

function flush(given: Partial<FlushCommand>): FlushCommand {
  return {
    kind: 'flush',
    accountId: 'acme',
    subAccount: 0,
    epoch: 1,
    leaseId: null,
    deductions: [],
    next: null,
    ...given,
  };
}

function next(id: string): FlushCommand['next'] {
  return { leaseId: leaseKey(id), amountMaxMinor: 100n, expiresInUs: EXPIRES_US, termMs: 250 };
}

function recall(id: string): RecallCommand {
  return { kind: 'recall', accountId: 'acme', leaseId: leaseKey(id), subAccount: 0 };
}

function leasedOf(requestId: string, amountMinor: bigint): LeasedDeduction {
  return { requestId, amountMinor, fingerprint: `leased ${amountMinor}`, reference: null, metadata: null };
}

function balanceOf(shard: LedgerShard): { availableMinor: bigint; heldMinor: bigint } {
  const { availableMinor = 0n, heldMinor = 0n } = shard.rows.get('acme 0') ?? {};
  return { availableMinor, heldMinor };
}

/** What the audit says of the row; its opening balance has no entry here. */
function expectAudited(shard: LedgerShard): void {
  const tally = new RowTally(shard.rows.get('acme 0'));
  const entries = [...shard.entries.values()].sort((a, b) => a.version - b.version);
  for (const entry of entries) tally.addEntry(entry);
  for (const lease of shard.holds.values()) tally.addHold(lease);
  const found = tally.findings('s0').map(({ invariant }) => invariant);
  expect(found.filter((invariant) => invariant !== 'netIsSumOfEntries')).toEqual([]);
}
