import type { Defect } from '../defect';

const FENCE = 'src/shards/writer-fence.ts';

/** Replication rolls transactions back between the statements of a trip, and tells nobody. */
export const CLUSTERS: readonly Defect[] = [
  {
    name: 'commit-not-proven',
    breaks: 'a COMMIT that was answered is believed, though its transaction was rolled back before',
    edits: [{ file: FENCE, find: 'if (tokenFound === BigInt(token)) return;', replace: 'return;' }],
  },
  {
    name: 'writes-not-guarded',
    breaks:
      'writes behind a rollback are carried out outside any transaction, for their guard asks for no token',
    edits: [{ file: FENCE, find: 'guard: claim,', replace: 'guard: session,' }],
  },
  {
    name: 'token-used-again',
    breaks: 'the token of the transaction before is taken for that of one that was rolled back',
    edits: [
      { file: FENCE, find: 'const token = (this.#token += 1);', replace: 'const token = (this.#token = 1);' },
    ],
  },
];
