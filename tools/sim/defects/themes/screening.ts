import type { Defect } from '../defect';

/** Nothing is charged but by the verdict that it was given, and what waits for one is not lost. */
export const SCREENING: readonly Defect[] = [
  {
    name: 'charged-before-its-verdict',
    breaks: 'a charge does not wait until the service has said anything of it',
    edits: [
      {
        file: 'src/engine/intake/charging.ts',
        find: 'const screened = await screening.screen(questionOf(record));',
        replace:
          "const asked = screening.screen(questionOf(record));\n    const screened = await Promise.race([asked, Promise.resolve({ verdict: 'pass', by: 'service', reason: null } as const)]);",
      },
    ],
  },
  {
    name: 'waiting-taken-for-pass',
    breaks: 'what is to wait is charged',
    edits: [
      {
        file: 'src/engine/intake/charging.ts',
        find: "if (screened && screened.verdict !== 'pass')",
        replace: "if (screened?.verdict === 'reject')",
      },
    ],
  },
  {
    name: 'charged-after-it-was-screened-out',
    breaks: 'a worker that was told pass charges what another one has rejected, durably, since',
    edits: [
      {
        file: 'src/ledger/receive.ts',
        find: "return record?.state === 'received' && record.attempt === attempt",
        replace:
          "return (record?.state === 'received' || record?.reason === 'SCREENED_OUT') && record.attempt === attempt",
      },
    ],
  },
  {
    name: 'failure-taken-for-pass',
    breaks: 'what the service failed to judge is charged, whatever the policy',
    edits: [
      {
        file: 'src/engine/screening/screening.ts',
        find: "return { verdict, by: 'policy', reason",
        replace: "return { verdict: verdict === 'wait' ? verdict : 'pass', by: 'policy', reason",
      },
    ],
  },
  {
    name: 'verdict-of-another',
    breaks: 'verdicts are taken in the order of the answer, not by their request ids',
    edits: [
      {
        file: 'src/engine/screening/read-verdicts.ts',
        find: 'return requestIds.map(\n    (requestId) =>\n      said.get(requestId) ??',
        replace: 'return requestIds.map(\n    (_, at) =>\n      [...said.values()][at] ??',
      },
    ],
  },
  {
    name: 'waited-record-forgotten',
    breaks: 'what was put off never comes again',
    edits: [
      {
        file: 'src/ledger/receive.ts',
        find: 'sinceUs: nowUs + Math.ceil(longestUs * (0.5 + jitter / 2)),',
        replace: 'sinceUs: nowUs + 1e15 + Math.ceil(longestUs * (0.5 + jitter / 2)),',
      },
      {
        file: 'src/engine/intake/intake-worker.ts',
        find: "due: 'by an earlier clock'",
        replace: "due: 'now'",
      },
    ],
  },
  {
    name: 'screened-out-too-early',
    breaks: 'what waits for a verdict is rejected before its time is over',
    edits: [
      {
        file: 'src/ledger/receive.ts',
        find: 'if (ageUs >= waitUsMax)',
        replace: 'if (ageUs >= waitUsMax / 2)',
      },
    ],
  },
];
