import { accountPath } from './accounts';
import { answer, type Call, type Given } from './call';
import { entry } from './entries';
import * as fields from './fields';
import { problem } from './problem-body';
import { deduction } from './received';

/** The most items of one batch, and deductions of one message of a stream. */
export const ITEMS_MAX = 5_000;

export const BATCH_BYTES_MAX = 4 * 1024 * 1024;

const notes = { reference: fields.reference, metadata: fields.metadata } as const;

const money = {
  type: 'object',
  additionalProperties: false,
  required: ['amount'],
  properties: { amount: fields.amount, requestId: fields.requestId, ...notes },
} as const;

/** Of a deduction. */
const charge = { ...money, properties: { ...money.properties, budgets: fields.budgets } } as const;

/** The body of a deduction or a credit, as its schema lets it through. */
export type MoneyBody = Given<typeof charge>;

/** The headers of a request that takes effect once. */
export const keyHeaders = {
  type: 'object',
  properties: {
    'idempotency-key': { type: 'string', description: 'The request id, when the body names none.' },
  },
} as const;

const prefer = {
  type: 'string',
  description:
    '`respond-async` (RFC 7240): answer 202 once the request is durable, and charge it later. The look-up of the deduction ' +
    'shows what became of it.',
} as const;

/** The path of one deduction. */
const deductionPath = {
  type: 'object',
  required: ['accountId', 'requestId'],
  properties: { accountId: fields.accountId, requestId: fields.requestId },
} as const;

const answers = {
  201: answer(entry, 'It took effect.'),
  200: answer(entry, 'It took effect before; `Idempotent-Replayed: true`.'),
} as const;

export const deduct = {
  name: 'deduct',
  summary: 'Deduct from an account',
  group: 'deductions',
  scope: 'deduct',
  deductions: 'one',
  path: accountPath,
  headers: { ...keyHeaders, properties: { ...keyHeaders.properties, prefer } },
  body: charge,
  answers: {
    ...answers,
    202: answer(
      deduction,
      'With `Prefer: respond-async`, or of an account with the strategy `queued` whose outcome was not known in time: it is kept ' +
        'durably and will be charged, or was before, and this is its state; its place in `Location`.',
    ),
  },
} as const satisfies Call;

export const credit = {
  name: 'credit',
  summary: 'Credit an account',
  group: 'credits',
  scope: 'credit',
  path: accountPath,
  headers: keyHeaders,
  body: money,
  answers,
} as const satisfies Call;

export const getDeduction = {
  name: 'getDeduction',
  summary: 'Look a deduction up by its request id',
  group: 'deductions',
  scope: 'lookUp',
  path: deductionPath,
  answers: { 200: answer(deduction, 'The deduction, or what was received under its request id.') },
} as const satisfies Call;

export const reverse = {
  name: 'reverse',
  summary: 'Give a deduction back, or a part of it',
  description:
    'Without `amount`, what is left of it. Its request id is one of that deduction: the reversals of one deduction ' +
    'together never exceed it. A confirmed hold is reversed under its hold id; a capture with an id of its own by that, in `captureId`.',
  group: 'deductions',
  scope: 'refund',
  path: deductionPath,
  headers: keyHeaders,
  body: {
    type: 'object',
    additionalProperties: false,
    properties: {
      amount: fields.amount,
      requestId: fields.requestId,
      captureId: {
        ...fields.requestId,
        description: 'Of a hold: the `requestId` of the capture that is reversed.',
      },
      ...notes,
    },
  },
  answers: {
    201: answer(entry, 'It was given back.'),
    200: answer(entry, 'It was given back before; `Idempotent-Replayed: true`.'),
  },
} as const satisfies Call;

export const reverseCredit = {
  name: 'reverseCredit',
  summary: 'Take a credit back, or a part of it',
  description:
    'A chargeback, which the account pays as it pays a deduction. Without `amount`, what is left of the credit. Its request id is one of ' +
    'that credit: the reversals of one credit together never exceed it.',
  group: 'credits',
  scope: 'refund',
  path: deductionPath,
  headers: keyHeaders,
  body: {
    type: 'object',
    additionalProperties: false,
    properties: { amount: fields.amount, requestId: fields.requestId, ...notes },
  },
  answers: {
    201: answer(entry, 'It was taken back.'),
    200: answer(entry, 'It was taken back before; `Idempotent-Replayed: true`.'),
  },
} as const satisfies Call;

/** One deduction of a batch. */
export const batchItem = {
  type: 'object',
  additionalProperties: false,
  required: ['accountId', 'amount', 'requestId'],
  properties: {
    accountId: fields.accountId,
    amount: fields.amount,
    requestId: fields.requestId,
    budgets: fields.budgets,
    ...notes,
  },
} as const;

export const batchResult = {
  $id: 'BatchResult',
  type: 'object',
  required: ['requestId', 'status'],
  properties: {
    requestId: { type: ['string', 'null'] },
    status: {
      type: 'string',
      enum: ['succeeded', 'replayed', 'rejected', 'received'],
      description:
        '`received`: kept durably, and to be charged later; where that was asked for, and with the strategy `queued`.',
    },
    durability: {
      type: 'string',
      enum: ['deferred'],
      description: 'Left out where it is on disk, as it is with every strategy but `leased`.',
    },
    error: { $ref: `${problem.$id}#` },
  },
} as const;

export const batchDeduct = {
  name: 'batchDeduct',
  summary: 'Deduct many, each on its own',
  description: `Up to ${ITEMS_MAX} items of {accountId, amount, requestId, budgets?, reference?, metadata?}; one result each, in order.`,
  group: 'deductions',
  scope: 'deduct',
  deductions: 'items',
  limitsKept: 'by the handler',
  bodyBytesMax: BATCH_BYTES_MAX,
  headers: { type: 'object', properties: { prefer } },
  body: batchOf(),
  documentedBody: batchOf(batchItem),
  answers: {
    200: {
      description: 'One result for each item, in their order.',
      type: 'object',
      properties: { results: { type: 'array', items: { $ref: `${batchResult.$id}#` } } },
    },
    202: {
      description: 'With `Prefer: respond-async`: one result for each item, in their order.',
      type: 'object',
      properties: { results: { type: 'array', items: { $ref: `${batchResult.$id}#` } } },
    },
  },
} as const satisfies Call;

/** gRPC's call for what REST asks for by `Prefer: respond-async`. */
export const submitDeductions = { ...batchDeduct, name: 'submitDeductions' } as const satisfies Call;

/** The body of a batch. Without `item`, its items are let through as they are, so that a malformed one is refused alone. */
export function batchOf(item: object = {}) {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['items'],
    properties: { items: { type: 'array', maxItems: ITEMS_MAX, items: item } },
  } as const;
}
