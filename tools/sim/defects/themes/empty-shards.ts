import type { Defect } from '../defect';

/** An empty database under the name of a known shard is not the shard. */
export const EMPTY_SHARDS: readonly Defect[] = [
  {
    name: 'empty-shard-adopted',
    breaks: 'an empty database is given the identity of a shard that the directory knows',
    edits: [
      {
        file: 'src/shards/identity-guard.ts',
        find: 'if (expected === undefined || expected === NEVER_IDENTIFIED) await store.write(taken);',
        replace: 'await store.write({ ...taken, incarnation: expected || taken.incarnation });',
      },
    ],
  },
  {
    name: 'absence-unconfirmed',
    breaks: 'what is not found is believed, whatever database was asked',
    edits: [
      {
        file: 'src/shards/memory/memory-shard.ts',
        find: 'if (isNothing(found)) await this.#identity?.confirmOwn(this.parts.database.identity);',
        replace: '',
      },
    ],
  },
  {
    name: 'rows-in-any-database',
    breaks: 'rows are made in whatever database is there',
    edits: [
      {
        file: 'src/shards/memory/memory-shard.ts',
        find: 'rows.areMade = incarnation === undefined || database.identity?.incarnation === incarnation;',
        replace: 'rows.areMade = true;',
      },
      {
        file: 'src/shards/memory/memory-shard.ts',
        find: 'database.createRows(seeds);\n    });\n    await this.#identity?.confirm();',
        replace: 'database.createRows(seeds);\n    });',
      },
    ],
  },
  {
    name: 'rows-made-nowhere',
    breaks: 'rows that another database was asked for, and did not make, are taken for made',
    edits: [
      {
        file: 'src/shards/memory/memory-shard.ts',
        find: 'if (!rows.areMade) await this.#identity?.confirmOwn(undefined);',
        replace: '',
      },
    ],
  },
  {
    name: 'nothing-told-by-an-empty-database',
    breaks: 'a batch that found nothing is believed, whatever database was asked',
    edits: [
      {
        file: 'src/shards/attempt-batch.ts',
        find: 'if (confirmOwn && decision.outcomes.some(reliesOnAbsence)) await confirmOwn(await transaction.identity());',
        replace: '',
      },
    ],
  },
];
