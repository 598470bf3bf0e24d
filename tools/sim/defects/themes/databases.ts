import type { Defect } from '../defect';

/** What databases report, and what their clocks say. */
export const DATABASES: readonly Defect[] = [
  {
    name: 'unknown-error-is-a-defect',
    breaks: 'an error of the database that nobody knows is told as a defect of the service',
    edits: [
      {
        file: 'src/shards/run-batch.ts',
        find: "if (error.verdict === 'defect') throw error;",
        replace: "if (error.verdict === 'defect' || error.verdict === 'unclassified') throw error;",
      },
    ],
  },
  {
    name: 'commit-failed-is-undone',
    breaks: 'a COMMIT that was answered with an error is taken to have done nothing',
    edits: [
      {
        file: 'src/shards/faults.ts',
        find: "return fault.verdict === 'again' ? fault : new ShardFault(fault.shard, 'outcomeUnknown', fault.cause);",
        replace: "return new ShardFault(fault.shard, 'defect', fault.cause);",
      },
    ],
  },
  {
    name: 'list-from-the-slowest-clock',
    breaks: 'a list begins at the smallest clock, whatever the clocks that are ahead have written',
    edits: [
      {
        file: 'src/engine/entry-lists.ts',
        find: 'return isComplete ? { ...NO_BOUND, createdAtUs: untilUs } : NO_BOUND;',
        replace: 'return { ...NO_BOUND, createdAtUs: isComplete ? untilUs : untilUs };',
      },
    ],
  },
  {
    name: 'written-ahead-is-hidden',
    breaks: 'a departure that was written while its clock was ahead is not found before that time has come',
    edits: [
      {
        file: 'src/shards/memory/memory-shard.ts',
        find: 'const isYoung = (atUs: number): boolean => atUs > nowUs - youngUs && atUs <= nowUs + youngUs;',
        replace: 'const isYoung = (atUs: number): boolean => atUs > nowUs - youngUs;',
      },
    ],
  },
  {
    name: 'set-aside-is-forgotten',
    breaks: 'of the commands that were tried beside the lane in vain, the first is never answered',
    edits: [
      {
        file: 'src/engine/set-aside.ts',
        find: 'account.waiting.unshift(...batch.filter(({ command }) => command.accountId === accountId));',
        replace:
          'account.waiting.unshift(...batch.filter(({ command }) => command.accountId === accountId).slice(1));',
      },
    ],
  },
];
