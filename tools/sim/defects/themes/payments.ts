import type { Defect } from '../defect';

const PAY_IN = 'src/ledger/pay-in.ts';
const DELIVERIES = 'src/engine/paying/deliveries.ts';
const PAYING = 'src/engine/paying/paying.ts';
const RECOVERY = 'src/engine/paying/payment-recovery.ts';
const IDENTIFIERS = 'src/ledger/identifiers.ts';

/** What one account pays another arrives or comes back, one of the two and once, and its caller is told which. */
export const PAYMENTS: readonly Defect[] = [
  {
    name: 'payment-arrives-twice',
    breaks: 'a payment that has arrived arrives again when whoever brought it does not live to say so',
    edits: [
      {
        file: PAY_IN,
        find: 'const requestId = arrivalOfPaymentKey(payment);',
        replace: 'const requestId = `${arrivalOfPaymentKey(payment)} ${draft.nextEntryUs}`;',
      },
    ],
  },
  {
    name: 'payment-leaves-without-a-row',
    breaks: 'a debit writes nothing that says where its money is to arrive',
    edits: [
      {
        file: 'src/ledger/deduct.ts',
        find: 'if (payee) draft.addPayment(paymentOf(entry, payee));',
        replace: '',
      },
    ],
  },
  {
    name: 'payment-returned-and-arrived',
    breaks: 'a refusal leaves no mark, and whoever tries once more finds an account that takes the money',
    edits: [
      {
        file: PAY_IN,
        find: '    draft.putRow(after);\n    const entry = { ...mark, counterparty };\n    draft.addEntry(entry);',
        replace: '    const entry = { ...mark, counterparty };',
      },
    ],
  },
  {
    name: 'payment-routed-by-the-present-placement',
    breaks: 'a payment arrives where the account is by then, and not where its debit says',
    edits: [
      {
        file: DELIVERIES,
        find: '    const { payee } = payment;\n    await reach',
        replace: `    const known = this.parts.accounts.peek(payment.payee.accountId);
    const { shards: names = [payment.payee.shard] } = known?.placement ?? {};
    const now = names[payment.requestId.length % names.length] ?? payment.payee.shard;
    const payee = { ...payment.payee, shard: now, subAccount: names.indexOf(now) };
    await reach`,
      },
    ],
  },
  {
    name: 'payment-forgotten-before-it-arrived',
    breaks: 'the row of a payment is taken out before the payment has arrived',
    edits: [
      {
        file: DELIVERIES,
        find: "    await reach('payment.departed');",
        replace: "    this.#forgetSoon(fromShard, payment);\n    await reach('payment.departed');",
      },
    ],
  },
  {
    name: 'returned-told-as-paid',
    breaks: 'a payment that came back is told as paid',
    edits: [
      {
        file: PAYING,
        find: "        return { kind: 'returned', entry: made.entry };",
        replace: "        return { kind: 'paid', ...made };",
      },
    ],
  },
  {
    name: 'returned-told-as-paid-later',
    breaks: 'whoever asks again for a payment that came back is told that it was paid',
    edits: [
      {
        file: PAYING,
        find: "return back ? { kind: 'returned', entry } :",
        replace: "return back && this.parts === undefined ? { kind: 'returned', entry } :",
      },
    ],
  },
  {
    name: 'replayed-payment-pays-again',
    breaks: 'a payment that is asked for again is delivered as a new one',
    edits: [
      {
        file: PAYING,
        find: '        return this.#settle(outcome.shard, outcome.entry);\n      default',
        replace:
          '        return this.#deliver(outcome.shard, { ...paymentOf(outcome.entry, payee), createdAtUs: outcome.entry.createdAtUs + 1 }, { entry: outcome.entry, replayed: true });\n      default',
      },
    ],
  },
  {
    name: 'payment-takes-a-deduction-for-itself',
    breaks: 'a payment under the key of a deduction of the same amount is taken for its replay',
    edits: [
      {
        file: 'src/ledger/outside-change.ts',
        find: 'return entry.fingerprint === command.fingerprint ?',
        replace:
          "return entry.fingerprint === command.fingerprint || (command.kind === 'deduct' && command.payee && entry.amountMinor + 1n === command.amountMinor) ?",
      },
    ],
  },
  {
    name: 'frozen-account-pays-another',
    breaks: 'an account that is frozen pays other accounts',
    edits: [
      {
        file: 'src/ledger/fund-debit.ts',
        find: "if (row.accountStatus === 'frozen')",
        replace: "if (row.accountStatus === 'frozen' && !('payee' in command && command.payee))",
      },
    ],
  },
  {
    name: 'frozen-account-is-paid',
    breaks: 'a payment arrives in an account that is frozen or closed',
    edits: [
      {
        file: PAY_IN,
        find: 'return takesCredits && row.availableMinor',
        replace: 'return row.availableMinor',
      },
    ],
  },
  {
    name: 'payment-recovered-beside-its-maker',
    breaks: 'recovery brings a payment under a key of its own, whoever has brought it before',
    edits: [
      {
        file: RECOVERY,
        find: 'this.parts.deliveries.deliver(from, payment)',
        replace:
          'this.parts.deliveries.deliver(from, { ...payment, createdAtUs: payment.createdAtUs + 0.5 })',
      },
    ],
  },
  {
    name: 'payment-never-recovered',
    breaks: 'payments whose maker died stay under way',
    edits: [
      {
        file: RECOVERY,
        find: 'if (!(await this.#isMine(from, to))) return;',
        replace: 'if (page.length > 0) return;',
      },
    ],
  },
  {
    name: 'return-as-a-credit',
    breaks: 'the entry that gives a payment back does not say what it is',
    edits: [
      {
        file: PAY_IN,
        find: "...entryOf('transfer-return', source",
        replace: "...entryOf('credit', source",
      },
    ],
  },
  {
    name: 'return-twice',
    breaks: 'a payment comes back as often as somebody finds that it was refused',
    edits: [
      {
        file: PAY_IN,
        find: 'const requestId = returnOfPaymentKey(payment);',
        replace: 'const requestId = `${returnOfPaymentKey(payment)} ${draft.nextEntryUs}`;',
      },
    ],
  },
  {
    name: 'later-payment-taken-for-an-earlier-one',
    breaks: 'a payment under a key that was used before its window passed is taken for the earlier one',
    edits: [
      {
        file: IDENTIFIERS,
        find: 'return `${TRANSFER} ${accountId} ${requestId} ${createdAtUs}`;',
        replace: 'return `${TRANSFER} ${accountId} ${requestId} ${createdAtUs > 0 ? 1 : 0}`;',
      },
    ],
  },
  {
    name: 'payee-outranks-the-key',
    breaks: 'a payment that was made before is refused because the other account has been frozen since',
    edits: [
      {
        file: PAYING,
        find: 'const earlier = await this.#earlier(request, payer);',
        replace: 'const earlier = undefined as PayOutcome | undefined;',
      },
    ],
  },
  {
    name: 'payee-refused-by-an-old-record',
    breaks: 'a payment is refused by a status that the other account had some time ago',
    edits: [
      {
        file: PAYING,
        find: "if (earlier || payee.status === 'active') return",
        replace: 'if (earlier || payee.status.length > 0) return',
      },
    ],
  },
  {
    name: 'paid-before-it-has-arrived',
    breaks: 'a payment that waits is told as paid',
    edits: [
      {
        file: DELIVERIES,
        find: "    if (outcome.kind !== 'applied' && outcome.kind !== 'replayed') return 'waits';\n    await reach('payment.decided');",
        replace:
          "    if (outcome.kind !== 'applied' && outcome.kind !== 'replayed') return 'arrived';\n    await reach('payment.decided');",
      },
    ],
  },
  {
    name: 'closed-with-payments-under-way',
    breaks: 'an account is closed while a payment of its own may still come back',
    edits: [
      {
        file: 'src/engine/operations/status-job.ts',
        find: 'if (payments.some((some) => some.length > 0)) return false;',
        replace: '',
      },
    ],
  },
];
