import type { Defect } from '../defect';

const CHARGE = 'src/ledger/charge-budgets.ts';
const REVERSE = 'src/ledger/reverse.ts';
const ALLOWANCES = 'src/engine/budgets/allowances.ts';
const CHARGED = 'src/engine/budgets/charged-deductions.ts';
const REFUSALS = 'src/engine/collecting/refusals.ts';

/** A deduction with budgets takes effect in its account and in all of them or nowhere, and none goes beyond its limit. */
export const BUDGETS: readonly Defect[] = [
  {
    name: 'budget-forgotten',
    breaks: 'the last of the budgets of a deduction is not charged',
    edits: [
      {
        file: CHARGE,
        find: '  for (const { allowanceId } of charges) {\n    const row = draft.row(allowanceId, entry.subAccount);',
        replace:
          '  for (const { allowanceId } of charges.slice(0, -1)) {\n    const row = draft.row(allowanceId, entry.subAccount);',
      },
    ],
  },
  {
    name: 'budget-parents-forgotten',
    breaks: 'the budgets above those that a deduction names are not charged',
    edits: [
      {
        file: 'src/engine/budgets/budget-book.ts',
        find: "        if (budget.isDeleted && budgetId === named) return { kind: 'budgetNotFound', budgetId };\n        budgets.set(budgetId, budget);\n        budgetId = budget.parent;",
        replace:
          "        if (budget.isDeleted && budgetId === named) return { kind: 'budgetNotFound', budgetId };\n        budgets.set(budgetId, budget);\n        budgetId = null;",
      },
    ],
  },
  {
    name: 'budget-refused-by-one-shard',
    breaks: 'a budget that is short at home is refused, whatever the other shards have of it',
    edits: [
      {
        file: CHARGED,
        find: '        told = await this.parts.collect(short, shard, await this.#allowance(shortOf, account));',
        replace:
          "        return { shard, outcome: { kind: 'allowanceShort', allowanceId: short.accountId, availableMinor: 0n } };",
      },
    ],
  },
  {
    name: 'budget-refusal-unchecked',
    breaks: 'a refusal for a budget does not look whether the key took effect meanwhile',
    edits: [
      {
        file: REFUSALS,
        find: '      const outcome = entry\n',
        replace: "      const outcome = entry && waiting.request.kind !== 'charge'\n",
      },
    ],
  },
  {
    name: 'budget-lowered-without-fence',
    breaks: 'a limit is lowered below what is spent and other instances go on by the one before',
    edits: [
      {
        file: ALLOWANCES,
        find: 'if (deltaMinor <= 0n) await this.#fence(found, step);',
        replace: '',
      },
    ],
  },
  {
    name: 'budget-lowering-dropped',
    breaks: 'a limit that is lowered below what is spent is forgotten, and what comes back is spent again',
    edits: [
      {
        file: ALLOWANCES,
        find: "    if (outcome.kind === 'insufficientFunds') return false;",
        replace: "    if (outcome.kind === 'insufficientFunds') return true;",
      },
    ],
  },
  {
    name: 'budget-step-by-another-key',
    breaks: 'a step of a limit that is carried out by two instances takes effect twice',
    edits: [
      {
        file: ALLOWANCES,
        find: '    requestId: allowanceStepKey(step),',
        replace: '    requestId: `${allowanceStepKey(step)} ${Math.random()}`,',
      },
    ],
  },
  {
    name: 'budget-not-given-back',
    breaks: 'a reversal gives nothing back to the budgets',
    edits: [
      {
        file: REVERSE,
        find: '  for (const each of charged)\n',
        replace: '  for (const each of charged.slice(charged.length))\n',
      },
    ],
  },
  {
    name: 'budget-limit-ignored',
    breaks: 'a budget that cannot pay is left out, and the others are charged',
    edits: [
      {
        file: 'src/ledger/deduct.ts',
        find: '  if (refusal) return refusal;',
        replace:
          "  if (refusal?.kind === 'insufficientFunds' && command.charges)\n    return take(draft, { ...command, charges: command.charges.slice(1) });\n  if (refusal) return refusal;",
      },
    ],
  },
];
