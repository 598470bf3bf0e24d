import type { Defect } from '../defect';

const FILE = 'src/engine/hold-lists.ts';

/** A list of holds has what is held, once: whoever has lost its own list settles by it. */
export const HOLD_LISTS: readonly Defect[] = [
  {
    name: 'hold-list-repeats',
    breaks: 'a page of holds begins with the last of the page before',
    edits: [{ file: FILE, find: 'isIncluded: shard > after.shard', replace: 'isIncluded: true' }],
  },
  {
    name: 'hold-list-cut-short',
    breaks: 'a list of holds ends with the first page that one shard fills alone',
    edits: [{ file: FILE, find: 'limit: limit + 1,', replace: 'limit,' }],
  },
  {
    name: 'hold-list-of-what-is-there',
    breaks: 'holds of a shard that cannot be read are left out of the list',
    edits: [
      {
        file: FILE,
        find: 'listHolds({ accountId, limit: limit + 1, status, from });',
        replace: 'listHolds({ accountId, limit: limit + 1, status, from }).catch(() => []);',
      },
    ],
  },
  {
    name: 'hold-list-of-the-placement',
    breaks: 'holds on shards that the account has left are in no list',
    edits: [
      {
        file: FILE,
        find: 'const { accountId, reach } = (await balances.read(known)).account;',
        replace: 'const { accountId, placement: { shards: reach } } = (await balances.read(known)).account;',
      },
    ],
  },
];
