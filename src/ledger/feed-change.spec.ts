import { feedChange, inRanges } from './feed-change';
import type { Entry } from './entry';
import type { IntakeRecord } from './intake';
import { leaseKey } from './lease';
import { emptySubAccount } from './sub-account';
import { changesOf } from '../../test/models/changes';

const entry = (given: Partial<Entry>): Entry => ({
  accountId: 'acme',
  requestId: `r${given.version ?? 1}`,
  kind: 'deduction',
  amountMinor: 1n,
  subAccount: 0,
  version: 1,
  epoch: 1,
  fingerprint: '',
  reference: null,
  metadata: null,
  createdAtUs: 100,
  ...given,
});

describe('what a transaction leaves for the feed', () => {
  it('is where its entries are: the stretch of time and the versions of each sub-account', () => {
    const entries = [
      entry({ version: 7, createdAtUs: 100 }),
      entry({ subAccount: 1, version: 3, createdAtUs: 101 }),
      entry({ version: 9, createdAtUs: 102 }),
      entry({ accountId: 'other', version: 2, createdAtUs: 103 }),
    ];
    expect(feedChange(changesOf({ entries }))).toEqual({
      ranges: [
        {
          accountId: 'acme',
          fromUs: 100,
          toUs: 102,
          entries: 3,
          versions: [
            { subAccount: 0, fromVersion: 7, toVersion: 9 },
            { subAccount: 1, fromVersion: 3, toVersion: 3 },
          ],
        },
        {
          accountId: 'other',
          fromUs: 103,
          toUs: 103,
          entries: 1,
          versions: [{ subAccount: 0, fromVersion: 2, toVersion: 2 }],
        },
      ],
      expiredHolds: [],
      touches: [
        { accountId: 'acme', rises: false, falls: true, availableMinor: null },
        { accountId: 'other', rises: false, falls: true, availableMinor: null },
      ],
      rejections: [],
    });
  });

  it('is nothing where it moved money inside an account, or set it aside for an instance', () => {
    const lease = entry({ kind: 'hold', requestId: leaseKey('i1') });
    expect(feedChange(changesOf({ entries: [lease] }))).toBeUndefined();
    expect(feedChange(changesOf({}))).toBeUndefined();
  });

  it('says whose balance went which way, and the most that a row has left', () => {
    const entries = [
      entry({ kind: 'hold' }),
      entry({ accountId: 'other', kind: 'credit' }),
      entry({ accountId: 'other' }),
    ];
    const row = (accountId: string, availableMinor: bigint) => ({
      ...emptySubAccount({ accountId, index: 0, epoch: 1, accountStatus: 'active', accountStatusVersion: 1 }),
      availableMinor,
    });
    const subAccounts = [row('acme', 3n), row('acme', 9n), row('other', 0n)];
    expect(feedChange(changesOf({ entries, subAccounts }))).toEqual({
      ranges: [expect.objectContaining({ accountId: 'other', entries: 2 })],
      expiredHolds: [],
      touches: [
        { accountId: 'acme', rises: false, falls: true, availableMinor: 9n },
        { accountId: 'other', rises: true, falls: true, availableMinor: 0n },
      ],
      rejections: [],
    });
  });

  it('has deductions that it rejects, and no others that were received', () => {
    const record = (given: Partial<IntakeRecord>): IntakeRecord => ({
      ...{
        accountId: 'acme',
        requestId: 'r1',
        attempt: 1,
        state: 'rejected',
        amountMinor: 5n,
        subAccount: 0,
      },
      ...{ fingerprint: '', reference: null, metadata: null, receivedAtUs: 90, sinceUs: 100 },
      ...{ reason: 'INSUFFICIENT_FUNDS', screening: null },
      ...given,
    });
    const changedIntakes = [
      record({}),
      record({ requestId: 'r2', state: 'received', reason: null }),
      record({ requestId: 'r3', state: 'succeeded', reason: null }),
    ];
    const newIntakes = [record({ requestId: 'r4', state: 'received', reason: null })];
    const told = feedChange(changesOf({ changedIntakes, newIntakes }));
    expect(told).toEqual({
      ...{ ranges: [], expiredHolds: [], touches: [] },
      rejections: [expect.objectContaining({ requestId: 'r1', amountMinor: 5n })],
    });
    expect(feedChange(changesOf({ newIntakes }))).toBeUndefined();
  });

  it('finds its own entries again among those that others wrote in the same stretch', () => {
    const own = [entry({ version: 7 }), entry({ version: 8, createdAtUs: 101 })];
    const others = [
      entry({ version: 6, createdAtUs: 101 }),
      entry({ version: 9 }),
      entry({ subAccount: 1, version: 7 }),
      entry({ accountId: 'other', version: 7 }),
      entry({ kind: 'hold', version: 7 }),
    ];
    const { ranges } = feedChange(changesOf({ entries: own })) ?? { ranges: [] };
    expect(inRanges(ranges, [...others, ...own].reverse())).toEqual([own]);
  });
});
