import { credit, deduct, hold } from '../../test/models/commands';
import { entrySite } from '../../test/models/entry-site';
import type { EntrySum } from '../shards/shard';
import { byPeriod, SUM_STATEMENTS_MAX, sumEntries, type SummingShard } from './entry-sums';

const QUARTER_MS = 900_000;

describe('sums of entries', () => {
  test('add up all shards by kind and quarter of an hour, and leave out marks', async () => {
    const { shards, write, clock } = entrySite();
    for (let n = 0; n < 50; n += 1)
      await write(deduct({ requestId: `d${n}`, subAccount: n % 2, amountMinor: 3n }));
    await write(hold({ requestId: 'h', subAccount: 0, amountMinor: 1n }));
    clock.pass(QUARTER_MS);
    await write(credit({ requestId: 'c', subAccount: 1, amountMinor: 10n ** 18n }));
    const summed = await sumEntries(shards, { accountId: 'acme' });
    expect(summed).toMatchObject({ kind: 'summed' });
    const sums = summed.kind === 'summed' ? summed.sums : [];
    expect(byPeriod(sums, () => '')).toEqual([
      { period: '', kind: 'credit', count: 1, amountMinor: 10n ** 18n },
      { period: '', kind: 'deduction', count: 50, amountMinor: 150n },
    ]);
    expect(new Set(sums.map(({ quarter }) => quarter)).size).toBe(2);
  });

  test('take the range from its beginning inclusive to its end exclusive', async () => {
    const { shards, write } = entrySite();
    for (const [n, requestId] of ['a', 'b', 'c', 'd'].entries())
      await write(deduct({ requestId, subAccount: n % 2, amountMinor: BigInt(10 ** n) }));
    const [fromUs, toUs] = await Promise.all(
      ['b', 'd'].map(async (id, n) => (await shards[n === 0 ? 1 : 1]?.findEntry('acme', id))?.createdAtUs),
    );
    const summed = await sumEntries(shards, { accountId: 'acme', fromUs, toUs });
    expect(summed).toMatchObject({ sums: [{ count: 2, amountMinor: 110n }] });
  });

  test('stop where a shard has more than one call may go through, and say up to when it has not', async () => {
    let statements = 0;
    const endless: SummingShard = {
      sumEntries: ({ after }) => {
        statements += 1;
        const summedTo = { createdAtUs: (after?.createdAtUs ?? 0) + 5, subAccount: 0, version: 1 };
        return Promise.resolve({ sums: [], summedTo });
      },
    };
    expect(await sumEntries([endless], { accountId: 'acme' })).toEqual({
      kind: 'tooMany',
      countedToUs: 5 * SUM_STATEMENTS_MAX,
    });
    expect(statements).toBe(SUM_STATEMENTS_MAX);
  });

  test('by period are in the order of time and then of kinds', () => {
    const sum = (quarter: number, kind: EntrySum['kind']): EntrySum => ({
      quarter,
      kind,
      count: 1,
      amountMinor: 1n,
    });
    const sums = [sum(9, 'credit'), sum(2, 'deduction'), sum(3, 'credit'), sum(8, 'deduction')];
    const named = byPeriod(sums, (quarter) => (quarter < 5 ? 'z' : 'a'));
    expect(named.map(({ period, kind }) => `${period} ${kind}`)).toEqual([
      'z credit',
      'z deduction',
      'a credit',
      'a deduction',
    ]);
  });
});
