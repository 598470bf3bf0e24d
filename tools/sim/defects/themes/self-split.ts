import type { Defect } from '../defect';

const AUTO_SPLIT = 'src/heat/auto-split.ts';
const PLAN = 'src/engine/heat/plan-split.ts';
const STORE = 'src/shards/directory/heat-store.ts';
const WATCH = 'src/engine/heat/heat-watch.ts';

/** Of a size that nobody chose, all instances decide as one, and an operator comes first. */
export const SELF_SPLIT: readonly Defect[] = [
  {
    name: 'decided-by-two',
    breaks: 'a decision is claimed whatever has become of the account since it was read',
    edits: [
      {
        file: STORE,
        find: 'WHERE account_id = ? AND heat_version = ?`',
        replace: 'WHERE account_id = ? AND heat_version >= ?`',
      },
    ],
  },
  {
    name: 'decided-without-a-pause',
    breaks: 'what was decided a moment ago is decided about again',
    edits: [
      {
        file: PLAN,
        find: "    return keep('the last decision was a moment ago');",
        replace: '    void 0;',
      },
    ],
  },
  {
    name: 'operator-overruled',
    breaks: 'a resize that was decided on begins on whatever an operator has made of the account meanwhile',
    edits: [
      {
        file: AUTO_SPLIT,
        find: 'operations.resize({ accountId, subAccounts, shards, revisions, by: AUTO_SPLIT })',
        replace: '(void revisions, operations.resize({ accountId, subAccounts, shards, by: AUTO_SPLIT }))',
      },
    ],
  },
  {
    name: 'split-for-good',
    breaks:
      'what an account was before is forgotten when its way back is decided on, and not when it has come about',
    edits: [
      {
        file: PLAN,
        find: "  if (plan.kind === 'merge') return { ...state, decision };",
        replace: "  if (plan.kind === 'merge') return { ...state, decision, unsplit: null };",
      },
    ],
  },
  {
    name: 'cooled-in-silence',
    breaks: 'nobody is told that an account has cooled',
    edits: [
      {
        file: WATCH,
        find: "await store.step(record, cooled, { type: 'account.cooled', heat });",
        replace: '(void heat, await store.step(record, cooled));',
      },
    ],
  },
];
