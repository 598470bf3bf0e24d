import type { Defect } from '../defect';

const PUBLISHER = 'src/engine/feed/feed-publisher.ts';
const READ = 'src/engine/feed/source-read.ts';
const READER = 'src/engine/feed/feed-reader.ts';
const CHANGE = 'src/ledger/feed-change.ts';

/** The feed tells of everything, once and in order, whoever dies and whatever is away. */
export const FEED: readonly Defect[] = [
  {
    name: 'feed-account-left-out',
    breaks: 'of a transaction that writes entries of several accounts, the feed tells of one',
    edits: [
      {
        file: CHANGE,
        find: 'ranges: [...ranges.values()].map(({ versions, ...range }) => ({',
        replace: 'ranges: [...ranges.values()].slice(0, 1).map(({ versions, ...range }) => ({',
      },
    ],
  },
  {
    name: 'feed-versions-cut-off',
    breaks: 'the row of a transaction does not name the last version of a sub-account',
    edits: [
      {
        file: CHANGE,
        find: '  if (version > versions.toVersion) versions.toVersion = version;',
        replace: '',
      },
    ],
  },
  {
    name: 'feed-expired-hold-left-out',
    breaks: 'the feed does not tell of holds that expired',
    edits: [
      {
        file: CHANGE,
        find: "hold.state === 'expired' && isOfUser",
        replace: "hold.state === 'held' && isOfUser",
      },
    ],
  },
  {
    name: 'feed-rejection-left-out',
    breaks: 'the feed tells of rejections only where the same transaction writes entries',
    edits: [
      {
        file: CHANGE,
        find: 'touches.length === 0 && rejections.length === 0)',
        replace: 'touches.length === 0)',
      },
    ],
  },
  {
    name: 'feed-rejection-told-with-its-next-attempt',
    breaks: 'the feed tells of a rejected attempt whenever its record changes',
    edits: [
      {
        file: CHANGE,
        find: "filter(({ state }) => state === 'rejected')",
        replace:
          "filter(({ state, attempt }) => state === 'rejected' || (state === 'received' && attempt > 1))",
      },
    ],
  },
  {
    name: 'feed-row-passed-over',
    breaks: 'the publisher keeps a high-water mark, and a row that commits late is behind it',
    edits: [
      {
        file: PUBLISHER,
        find: 'const page = placed(this.#pageOf(found), last);',
        replace: `const high = ((this as unknown as { high: Map<string, number> }).high ??= new Map<string, number>());
    const above = found.filter(({ key }) => !(Number(key) <= (high.get(name) ?? 0)));
    for (const { key } of above) high.set(name, Math.max(Number(key) || 0, high.get(name) ?? 0));
    const page = placed(this.#pageOf(above), last);`,
      },
    ],
  },
  {
    name: 'feed-row-deleted-before-durable',
    breaks: 'rows are taken out of what is to be published before they are published',
    edits: [
      {
        file: PUBLISHER,
        find: '    if (!(await store.append(page))) {',
        replace:
          '    await store.forget(page.map(({ key }) => key));\n    if (!(await store.append(page))) {',
      },
    ],
  },
  {
    name: 'feed-leftovers-published-again',
    breaks: 'what another publisher had published and not taken out is published again',
    edits: [
      {
        file: PUBLISHER,
        find: 'if (newest && newest.place === progress.cleanUpTo)',
        replace: 'if (newest)',
      },
    ],
  },
  {
    name: 'feed-rows-read-before-the-end',
    breaks: 'the rows to publish are read before the newest published one, and may be published since',
    edits: [
      {
        file: PUBLISHER,
        find: '    const { last, published } = await this.#cleanEnd(store, progress);',
        replace:
          '    const early = await store.unpublished(settings.rowsMax);\n    const { last, published } = await this.#cleanEnd(store, progress);',
      },
      {
        file: PUBLISHER,
        find: '    const found = await store.unpublished(settings.rowsMax);',
        replace: '    const found = early;',
      },
      {
        file: PUBLISHER,
        find: 'if (found.some(({ key }) => published.has(key))) {',
        replace: 'if (found.length === -published.size) {',
      },
    ],
  },
  {
    name: 'feed-event-skipped',
    breaks: 'a page that ends within a row counts one event that it did not give',
    edits: [
      {
        file: READ,
        find: 'this.#position = { place, skip: first + number };',
        replace: 'this.#position = { place, skip: first + number + 1 };',
      },
    ],
  },
  {
    name: 'feed-away-passed-over',
    breaks: 'a shard whose entries could not be read is passed over, and its rows count as read',
    edits: [{ file: READER, find: '            read.isAway = true;', replace: '' }],
  },
  {
    name: 'feed-change-left-behind',
    breaks:
      'an account that changes while its published events are taken out keeps them, and they are published again',
    edits: [
      {
        file: 'src/shards/directory/untold-rows.ts',
        find: '      if (matched === 0) changed.push(text(key));',
        replace: '      void matched;',
      },
    ],
  },
];
