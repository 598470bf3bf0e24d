import type { Defect } from '../defect';

const CAPTURE = 'src/ledger/capture-hold.ts';
const CHANGE = 'src/ledger/change-hold.ts';

/** A hold is captured several times, raised, extended, and captured above what it has; credits are taken back. */
export const LASTING_HOLDS: readonly Defect[] = [
  {
    name: 'partial-capture-releases-all',
    breaks: 'a capture that is not the last releases the rest of its hold',
    edits: [
      {
        file: CAPTURE,
        find: 'const releasedMinor = command.isFinal ? hold.amountMinor : amountMinor;',
        replace: 'const releasedMinor = hold.amountMinor;',
      },
    ],
  },
  {
    name: 'last-capture-keeps-the-rest',
    breaks: 'the last capture leaves the rest of its hold set aside',
    edits: [
      {
        file: CAPTURE,
        find: 'const releasedMinor = command.isFinal ? hold.amountMinor : amountMinor;',
        replace: 'const releasedMinor = amountMinor;',
      },
    ],
  },
  {
    name: 'captured-above-the-hold',
    breaks: 'a capture above its hold is taken out of what is held for others',
    edits: [
      {
        file: CAPTURE,
        find: 'if (moreMinor <= 0n) return take(',
        replace: 'if (moreMinor >= 0n) return take(',
      },
    ],
  },
  {
    name: 'capture-id-of-the-hold-alone',
    breaks: 'a capture with an id is known by its hold alone',
    edits: [
      {
        file: 'src/ledger/identifiers.ts',
        find: 'return captureId === null ? `${CONFIRMATION} ${holdId}` : `${CONFIRMATION} ${holdId} ${captureId}`;',
        replace: 'return captureId === undefined ? "" : `${CONFIRMATION} ${holdId}`;',
      },
    ],
  },
  {
    name: 'raise-by-the-total',
    breaks: 'a raise adds what the hold is to come to',
    edits: [
      {
        file: CHANGE,
        find: 'const moreMinor = command.amountMinor - totalMinor(hold);',
        replace: 'const moreMinor = command.amountMinor > totalMinor(hold) ? command.amountMinor : 0n;',
      },
    ],
  },
  {
    name: 'raise-forgets-captures',
    breaks: 'a raise does not count what was captured already',
    edits: [
      {
        file: CHANGE,
        find: 'const moreMinor = command.amountMinor - totalMinor(hold);',
        replace: 'const moreMinor = command.amountMinor - hold.amountMinor;',
      },
    ],
  },
  {
    name: 'extension-shortens',
    breaks: 'an extension may let a hold end earlier',
    edits: [{ file: CHANGE, find: 'if (expiresAtUs <= hold.expiresAtUs) return asItIs(hold);', replace: '' }],
  },
  {
    name: 'captures-released-again',
    breaks: 'what was captured is released with the rest',
    edits: [
      {
        file: 'src/ledger/settle-hold.ts',
        find: 'const row = changeFromOutside(released(part.row, part.hold), 0n);',
        replace:
          'const row = changeFromOutside(released(part.row, { amountMinor: part.hold.amountMinor + part.hold.capturedMinor }), 0n);',
      },
    ],
  },
  {
    name: 'pinned-debit-refused-at-home',
    breaks: 'what is taken for a hold or a credit is refused by its shard alone',
    edits: [
      {
        file: 'src/engine/follow-ups.ts',
        find: 'return takesMoney(command) ? this.#pay(told, command, account) : told;',
        replace: 'return told;',
      },
    ],
  },
  {
    name: 'credit-reversal-of-anything',
    breaks: 'a deduction is taken back as if it were a credit',
    edits: [
      {
        file: 'src/ledger/reverse.ts',
        find: "if (of === 'credit') return entry?.kind === 'credit' ? entry : undefined;",
        replace: "if (of === 'credit') return entry;",
      },
    ],
  },
];
