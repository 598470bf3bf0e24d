import { entriesOfAnyKind, listEntries, sumEntries } from './list-entries';

const AT = { shard: 's1', dialect: 'sqlite' } as const;
const BEFORE = { createdAtUs: 900, shard: 's0', subAccount: 0, version: 0 };
const AFTER = { createdAtUs: 100, subAccount: 3, version: 4 };
const END = { createdAtUs: 300, subAccount: 0, version: 9 };

/** SQLite seeks one bound at each end, and would go through what the others leave out: up to the account's last entry. */
describe('a stretch of entries has one bound of time at each end, the narrowest', () => {
  const stretch = { accountId: 'a', before: BEFORE, after: AFTER, fromUs: 200, toUs: 500 };
  const oldestFirst = { ...stretch, order: 'oldest first' } as const;

  it.each([
    ['from and to', entriesOfAnyKind(AT, oldestFirst, 10), [200, 499]],
    ['positions', entriesOfAnyKind(AT, { accountId: 'a', before: BEFORE, after: AFTER }, 10), [100, 899]],
    ['the end of a slice', sumEntries(AT, oldestFirst, END), [200, 300]],
    ['the end of a slice, newest first', listEntries(AT, { ...stretch, limit: 10 }, END), [300, 499]],
  ] as const)('%s', (_name, { sql, parameters }, [firstUs, lastUs]) => {
    const [where = ''] = sql.split('WHERE').slice(1);
    expect(where.match(/created_at_us [<>]=? \?(?! OR)/g)).toEqual([
      'created_at_us <= ?',
      'created_at_us >= ?',
    ]);
    expect(parameters.slice(0, 3)).toEqual(['a', lastUs, firstUs]);
  });
});
