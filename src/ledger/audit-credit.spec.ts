import { row } from '../../test/models/commands';
import { judgeCredit } from './audit-credit';

const LINE = { limitMinor: 100n, version: 4, isUnsettled: false };
const rows = [row({ grantedMinor: 130n }), row({ index: 1, grantedMinor: -30n })];

describe('the audit of a credit line', () => {
  it('adds up what the rows were granted, wherever it was taken back', () => {
    expect(judgeCredit('acme', rows, { before: LINE, behind: LINE })).toEqual([]);
  });

  it.each([
    ['granted twice', [...rows, row({ index: 2, grantedMinor: 100n })], '200'],
    ['taken back and not written', [row({ grantedMinor: 60n })], '60'],
  ])('finds what was %s', (_, found, sum) => {
    expect(judgeCredit('acme', found, { before: LINE, behind: LINE })).toMatchObject([
      { invariant: 'grantedIsCreditLimit', expected: '100', found: sum },
    ]);
  });

  it('finds a grant of an account without a limit', () => {
    const none = { ...LINE, limitMinor: null };
    expect(judgeCredit('acme', rows, { before: none, behind: none })).toMatchObject([{ expected: '0' }]);
  });

  it('says nothing while the line changes', () => {
    const later = { ...LINE, version: 5 };
    const changing = { ...LINE, isUnsettled: true };
    for (const frames of [
      { before: LINE, behind: later },
      { before: changing, behind: LINE },
      { before: LINE, behind: changing },
    ])
      expect(judgeCredit('acme', [], frames)).toEqual([]);
  });
});
