import type { Entry } from '../ledger/entry';
import { answer, type Call } from './call';
import { keyHeaders } from './deductions';
import * as fields from './fields';
import { timeView } from './times';

export const transfer = {
  $id: 'Transfer',
  type: 'object',
  required: ['requestId', 'status', 'from', 'to', 'amount', 'createdAt'],
  properties: {
    requestId: { type: 'string' },
    status: { type: 'string', enum: ['succeeded'] },
    from: { type: 'string', description: 'The account that has paid.' },
    to: { type: 'string', description: 'The account that has been paid.' },
    amount: fields.amountOut,
    reference: { type: 'string' },
    metadata: fields.strings,
    createdAt: { ...fields.timeOut, description: 'When the money left.' },
  },
} as const;

/** @param entry of the debit */
export function transferView(entry: Entry) {
  return {
    requestId: entry.requestId,
    status: 'succeeded',
    from: entry.accountId,
    to: entry.counterparty ?? '',
    amount: entry.amountMinor.toString(),
    ...(entry.reference === null ? {} : { reference: entry.reference }),
    ...(entry.metadata === null ? {} : { metadata: JSON.parse(entry.metadata) as Record<string, string> }),
    createdAt: timeView(entry.createdAtUs),
  };
}

export const transferFunds = {
  name: 'transfer',
  summary: 'Pay from one account to another',
  description:
    'Both have the same asset. The request id is one of the account that pays. Answered when the money has arrived, durably; where it ' +
    'came back, because the other account was frozen or closed meanwhile, with `TRANSFER_RETURNED`. A key that is limited to some ' +
    'accounts must reach both.',
  group: 'deductions',
  scope: 'deduct',
  deductions: 'one',
  limitsKept: 'by the handler',
  headers: keyHeaders,
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['from', 'to', 'amount'],
    properties: {
      from: fields.accountId,
      to: fields.accountId,
      amount: fields.amount,
      requestId: fields.requestId,
      reference: fields.reference,
      metadata: fields.metadata,
    },
  },
  answers: {
    201: answer(transfer, 'The money has left the one account and arrived in the other.'),
    200: answer(transfer, 'It had before; `Idempotent-Replayed: true`.'),
  },
} as const satisfies Call;
