import type { Defect } from '../defect';

/** Changes of placement and status come about as a whole, in order, whoever dies. */
export const PLACEMENTS_AND_STATUSES: readonly Defect[] = [
  {
    name: 'fence-lowers-epochs',
    breaks: 'a fence that comes late takes a row back to an older epoch',
    edits: [
      {
        file: 'src/ledger/account-wide.ts',
        find: '(row.epoch < epoch ? { ...row, epoch } : row)',
        replace: '(row.epoch !== epoch ? { ...row, epoch } : row)',
      },
    ],
  },
  {
    name: 'late-layout-is-taken',
    breaks: 'a row takes a layout that is older than its own',
    edits: [
      {
        file: 'src/ledger/account-wide.ts',
        find: 'if (row.operation >= operation) return row;',
        replace: 'if (row.operation === operation) return row;',
      },
    ],
  },
  {
    name: 'steps-without-compare',
    breaks: 'a step is taken wherever the operation stands',
    edits: [
      {
        file: 'src/shards/directory/operation-store.ts',
        find: "`UPDATE operation SET ${sets.join(', ')} WHERE operation_id = ? AND step = ?`,\n      [...values, operationId, from],",
        replace:
          "`UPDATE operation SET ${sets.join(', ')} WHERE operation_id = ?`,\n      [...values, operationId],",
      },
    ],
  },
  {
    name: 'activated-unfenced',
    breaks: 'a placement is activated though a shard is not fenced',
    edits: [
      {
        file: 'src/engine/operations/resize-job.ts',
        find: "if (outcome.status === 'fulfilled') fenced.add(outcome.value);",
        replace:
          "if (outcome.status === 'fulfilled' || fenced.size > 0) reach.forEach((name) => fenced.add(name));",
      },
    ],
  },
  {
    name: 'abandoned-under-the-old-epoch',
    breaks: 'a fence is abandoned by going back to the epoch before it',
    edits: [
      {
        file: 'src/engine/operations/resize-job.ts',
        find: 'await this.#makeActive(run, { ...from, epoch: from.epoch + 2 }, (account) => account.past);',
        replace: 'await this.#makeActive(run, { ...from, epoch: from.epoch }, (account) => account.past);',
      },
    ],
  },
  {
    name: 'older-status-is-taken',
    breaks: 'a row takes a status that is older than its own',
    edits: [
      {
        file: 'src/ledger/account-wide.ts',
        find: 'row.accountStatusVersion < version',
        replace: 'row.accountStatusVersion !== version',
      },
    ],
  },
  {
    name: 'new-rows-not-told',
    breaks: 'rows made by a resize do not learn of a status set meanwhile',
    edits: [
      {
        file: 'src/engine/operations/resize-job.ts',
        find: 'await this.#tellStatus(await accountOf(run, this.parts.accounts), target);',
        replace: '',
      },
    ],
  },
  {
    name: 'closed-unseen',
    breaks: 'an account is closed without a look at what it holds',
    edits: [
      {
        file: 'src/engine/operations/status-job.ts',
        find: 'return totalMinor === 0n && heldMinor === 0n;',
        replace: 'return totalMinor >= 0n && heldMinor >= 0n;',
      },
    ],
  },
  {
    name: 'operations-left-alone',
    breaks: 'operations whose runner died are taken up by nobody',
    edits: [
      {
        file: 'src/engine/operations/operation-runner.ts',
        find: 'if (this.#running.size >= runningMax) return;',
        replace: 'if (this.#running.size >= 0) return;',
      },
    ],
  },
  {
    name: 'repaired-without-past-homes',
    breaks: 'keys are not looked up after a repair where they were used under placements that were lost',
    edits: [
      {
        file: 'src/engine/operations/repair-job.ts',
        find: 'return reach.map((shard) => ({ shards: [shard], fencedAtUs }));',
        replace: 'return reach.slice(reach.length).map((shard) => ({ shards: [shard], fencedAtUs }));',
      },
    ],
  },
  {
    name: 'repaired-where-the-record-was',
    breaks: 'a repair reaches no other shards than the record that was restored',
    edits: [
      {
        file: 'src/ledger/plan-repair.ts',
        find: 'if (here.length > 0) reach.add(shard);',
        replace: 'if (here.length > 10_000) reach.add(shard);',
      },
    ],
  },
  {
    name: 'repaired-below-the-rows',
    breaks: 'a repair gives the record the epoch that comes next to its own, not to those of the rows',
    edits: [
      {
        file: 'src/ledger/plan-repair.ts',
        find: 'epoch: Math.max(epochMax, record.epochMax) + 1,',
        replace: 'epoch: record.epochMax + 1,',
      },
    ],
  },
  {
    name: 'breaker-stays-open',
    breaks: 'a shard that was gone is never asked again',
    edits: [
      {
        file: 'src/engine/breaker.ts',
        find: 'this.parts.changed(false);\n    this.#probeLater();',
        replace: 'this.parts.changed(false);',
      },
    ],
  },
];
