import type { Defect } from '../defect';

/** What is held is settled once, and what is given back was taken. */
export const HOLDS_AND_REVERSALS: readonly Defect[] = [
  {
    name: 'reversal-without-a-sum',
    breaks: 'a reversal does not look at what was reversed before',
    edits: [
      {
        file: 'src/ledger/reverse.ts',
        find: 'const leftMinor = reversed.amountMinor - (draft.reversal(accountId, name)?.reversedMinor ?? 0n);',
        replace: 'const leftMinor = reversed.amountMinor;',
      },
    ],
  },
  {
    name: 'held-is-payable',
    breaks: 'what is held counts as what the account can pay',
    edits: [
      {
        file: 'src/engine/reading.ts',
        find: 'availableMinor: totalMinor - heldMinor,',
        replace: 'availableMinor: totalMinor,',
      },
    ],
  },
  {
    name: 'confirmed-twice',
    breaks: 'a confirmed hold is confirmed again',
    edits: [
      {
        file: 'src/ledger/standing-hold.ts',
        find: "if (hold.state === 'confirmed') return { kind: 'holdAlreadyConfirmed' };\n  if (hold.state !== 'held') return alreadyOver(hold.state === 'expired');",
        replace: '',
      },
    ],
  },
  {
    name: 'no-tombstone',
    breaks: 'a cancel that comes before its try leaves nothing behind',
    edits: [
      {
        file: 'src/ledger/settle-hold.ts',
        find: 'return command.leaveTombstone ? leaveTombstone(draft, command) : notHere(draft, command);',
        replace: 'return notHere(draft, command);',
      },
    ],
  },
  {
    name: 'tombstone-before-seeking',
    breaks: 'a cancel leaves a tombstone without looking where the account was before',
    edits: [
      {
        file: 'src/engine/follow-ups.ts',
        find: 'const told = await ask(home, others.length === 0);',
        replace: 'const told = await ask(home, true);',
      },
    ],
  },
  {
    name: 'followed-up-at-home-only',
    breaks: 'a hold or a deduction is not looked for where the account was before',
    edits: [
      {
        file: 'src/engine/follow-ups.ts',
        find: 'if (!isNotHere(told) || others.length === 0) return told;',
        replace: 'if (!isNotHere(told) || others.length >= 0) return told;',
      },
    ],
  },
  {
    name: 'nothing-expires',
    breaks: 'holds whose time is over stay',
    edits: [
      {
        file: 'src/engine/hold-expiry.ts',
        find: 'if (page.length === 0 || !(await this.#isMine(name))) return;',
        replace: 'if (page.length >= 0 || !(await this.#isMine(name))) return;',
      },
    ],
  },
  {
    name: 'releases-on-another-row',
    breaks: 'what is released does not become available again',
    edits: [
      {
        file: 'src/ledger/settle-hold.ts',
        find: 'availableMinor: row.availableMinor + amountMinor,',
        replace: 'availableMinor: row.availableMinor,',
      },
    ],
  },
  {
    name: 'batch-answers-in-another-order',
    breaks: 'an item of a batch is answered with what became of another one',
    edits: [
      {
        file: 'src/api/each-of-many.ts',
        find: 'told(position, result);\n              ended',
        replace: 'told(items.length - 1 - position, result);\n              ended',
      },
    ],
  },
  {
    name: 'batch-item-refused-and-begun',
    breaks: 'an item that is refused because it has waited too long is begun all the same',
    edits: [
      {
        file: 'src/platform/item-gate.ts',
        find: '    this.#begun = this.feed.count;\n    this.feed.refuse(from);',
        replace: '    this.feed.refuse(from);\n    this.feed.begin(from, this.feed.count, () => undefined);',
      },
    ],
  },
  {
    name: 'confirmed-above-the-hold',
    breaks: 'a confirm of more than is held takes more than is held',
    edits: [
      {
        file: 'src/ledger/capture-hold.ts',
        find: '(moreMinor > 0n && (!command.mayTakeMore || hasTooMuch))',
        replace: '(moreMinor > hold.amountMinor && (!command.mayTakeMore || hasTooMuch))',
      },
    ],
  },
];
