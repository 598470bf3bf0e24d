import type { Defect } from '../defect';

const LEVELS = 'src/shards/directory/balance-levels.ts';
const LOOKS = 'src/engine/levels/level-looks.ts';
const WATCH = 'src/engine/levels/level-watch.ts';
const REFUSALS = 'src/engine/collecting/refusals.ts';
const CHANGE = 'src/ledger/feed-change.ts';

/** Every crossing of a balance is told of, once, and of a balance that the account had. */
export const LEVEL_DEFECTS: readonly Defect[] = [
  {
    name: 'crossing-told-twice',
    breaks: 'a level is changed whatever it has become since it was read',
    edits: [
      {
        file: LEVELS,
        find: 'WHERE account_id = ? AND level_version = ?`,\n      [...(told',
        replace: 'WHERE account_id = ? AND level_version >= ?`,\n      [...(told',
      },
    ],
  },
  {
    name: 'crossing-of-an-old-reading',
    breaks: 'whoever is overtaken goes on with the balance that was read before',
    edits: [
      {
        file: LOOKS,
        find: '    for (let tries = 1; record && tries <= TRIES_MAX; tries += 1) {\n      const availableMinor = await this.#available(record, cause);',
        replace:
          '    let availableMinor: bigint | undefined;\n    for (let tries = 1; record && tries <= TRIES_MAX; tries += 1) {\n      availableMinor ??= await this.#available(record, cause);',
      },
    ],
  },
  {
    name: 'crossing-missed-after-a-crash',
    breaks: 'the cursor is moved on before the accounts behind it were looked at',
    edits: [
      {
        file: WATCH,
        find: '    const due = await directory.levels.due(DUE_MAX);',
        replace:
          '    if (!(await cursor.advance(page.cursor))) return false;\n    const due = await directory.levels.due(DUE_MAX);',
      },
    ],
  },
  {
    name: 'refusal-told-to-its-caller-alone',
    breaks: 'a refusal is answered before the account is exhausted for everybody',
    edits: [
      {
        file: REFUSALS,
        find: "if (outcome.kind === 'insufficientFunds') await level?.refused(levelOf(short));",
        replace: "if (outcome.kind === 'insufficientFunds') void level;",
      },
    ],
  },
  {
    name: 'hold-leaves-no-touch',
    breaks: 'nobody looks at a balance that a hold has lowered',
    edits: [
      {
        file: CHANGE,
        find: "if (!isLeaseKey(requestId)) touch(accountId, 'falls');",
        replace: 'void requestId;',
      },
    ],
  },
  {
    name: 'bound-moved-unseen',
    breaks: 'nobody looks at a balance whose bound was moved',
    edits: [
      {
        file: 'src/shards/directory/directory.ts',
        find: 'level_version = level_version + 1, look_at_us = ${this.#database.now}, low_balance = ?',
        replace: 'level_version = level_version + 1, low_balance = ?',
      },
    ],
  },
];
