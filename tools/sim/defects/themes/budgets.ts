import type { Defect } from '../defect';

const CHARGE = 'src/ledger/charge-budgets.ts';
const REVERSE = 'src/ledger/reverse.ts';
const CAPTURE = 'src/ledger/capture-hold.ts';
const CHANGE = 'src/ledger/change-hold.ts';
const HOLD = 'src/ledger/budgeted-hold.ts';
const ALLOWANCES = 'src/engine/budgets/allowances.ts';
const CHARGED = 'src/engine/budgets/charged-debits.ts';
const REFUSALS = 'src/engine/collecting/refusals.ts';

/** A deduction with budgets takes effect in its account and in all of them or nowhere, and none goes beyond its limit. */
export const BUDGETS: readonly Defect[] = [
  {
    name: 'budget-forgotten',
    breaks: 'the last of the budgets of a deduction is not charged',
    edits: [
      {
        file: CHARGE,
        find: '  for (const { allowanceId } of charges) {\n    const { amountMinor, subAccount } = entry;',
        replace:
          '  for (const { allowanceId } of charges.slice(0, -1)) {\n    const { amountMinor, subAccount } = entry;',
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
        find: '        told = await this.parts.collect(short, shard, await openedAllowance(this.parts.accounts, shortOf));',
        replace:
          "        return { shard, outcome: { kind: 'allowanceShort', allowanceId: short.accountId, availableMinor: 0n } };",
      },
    ],
  },
  {
    name: 'budget-placed-by-its-step',
    breaks: 'a change of a limit that waits for money is carried out again where the account has moved',
    edits: [
      {
        file: 'src/engine/collector.ts',
        find: '    one.placement.epoch === other.placement.epoch &&\n    one.allowance?.epochOfAccount === other.allowance?.epochOfAccount',
        replace: '    one.placement.epoch === other.placement.epoch',
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
  {
    name: 'budget-hold-in-one-only',
    breaks: 'a hold is set aside in the first of its budgets alone',
    edits: [
      {
        file: 'src/ledger/take-hold.ts',
        find: '  for (const { allowanceId } of charges)\n',
        replace: '  for (const { allowanceId } of charges.slice(0, 1))\n',
      },
    ],
  },
  {
    name: 'budget-hold-never-released',
    breaks: 'a hold that is cancelled or expires stays set aside in its budgets',
    edits: [
      {
        file: 'src/ledger/settle-hold.ts',
        find: '  for (const each of inBudgets) releasePart(draft, each, state);\n',
        replace: '',
      },
    ],
  },
  {
    name: 'budget-hold-rest-kept',
    breaks: 'what the last capture leaves of a hold stays set aside in its budgets',
    edits: [
      {
        file: CAPTURE,
        find: 'const withoutNotes = { ...command, reference: null, metadata: null };',
        replace: 'const withoutNotes = { ...command, isFinal: false, reference: null, metadata: null };',
      },
    ],
  },
  {
    name: 'budget-capture-not-charged',
    breaks: 'a capture gives its budgets back what it takes from the account',
    edits: [
      {
        file: CAPTURE,
        find: '  for (const part of inBudgets) takePart(draft, withoutNotes, { ...part, amountMinor });',
        replace:
          '  for (const part of inBudgets) takePart(draft, withoutNotes, { ...part, amountMinor: command.isFinal ? 0n : amountMinor });',
      },
    ],
  },
  {
    name: 'budget-raise-in-account-only',
    breaks: 'what is set aside for a hold beyond its try is set aside in its account alone',
    edits: [
      {
        file: CHANGE,
        find: '  for (const { hold: part } of inBudgets) {',
        replace: '  for (const { hold: part } of inBudgets.slice(inBudgets.length)) {',
      },
    ],
  },
  {
    name: 'budget-raise-by-old-limit',
    breaks: 'a hold is raised within a limit that was lowered below what is spent',
    edits: [
      {
        file: HOLD,
        find: '  const asked = command.charges ?? [];',
        replace: '  const asked = charges.map((each) => ({ ...each, step: Number.MAX_SAFE_INTEGER }));',
      },
    ],
  },
  {
    name: 'budget-raise-refused-by-one-shard',
    breaks: 'a hold is not raised where one shard has too little of its budget, whatever the others have',
    edits: [
      {
        file: 'src/engine/follow-ups.ts',
        find: '      const accountId = shortOf ?? command.accountId;',
        replace:
          "      if (shortOf !== undefined) return { shard, outcome: { kind: 'allowanceShort', allowanceId: shortOf, availableMinor: 0n } };\n      const accountId = shortOf ?? command.accountId;",
      },
    ],
  },
  {
    name: 'budget-of-received-forgotten',
    breaks: 'what is charged later is charged to its account alone',
    edits: [
      {
        file: 'src/engine/intake/charging.ts',
        find: '    const outcome = record.budgets\n',
        replace: '    const outcome = record.budgets?.length === 0\n',
      },
    ],
  },
  {
    name: 'budget-of-received-lost-on-the-way',
    breaks: 'what is brought to a new home to be charged there has lost its budgets',
    edits: [
      {
        file: 'src/engine/intake/charging.ts',
        find: '      ...(budgets && { budgets }),\n',
        replace: '      ...(budgets?.length === 0 && { budgets }),\n',
      },
    ],
  },
];
