import { type Hold, HOLD_STATES, takenMinor, totalMinor } from '../ledger/hold';
import { accountPath } from './accounts';
import { answer, type Call, pageOf, queryOf } from './call';
import { PAGE_LENGTH_DEFAULT } from './cursors';
import { BATCH_BYTES_MAX, batchOf, ITEMS_MAX, keyHeaders } from './deductions';
import * as fields from './fields';
import { Problem } from './problem';
import { optionalAmount } from './money';
import { problem } from './problem-body';
import { timeView } from './times';

export const hold = {
  $id: 'Hold',
  type: 'object',
  required: [
    'requestId',
    'holdId',
    'accountId',
    'kind',
    'status',
    'amount',
    'heldAmount',
    'shard',
    'subAccount',
    'expiresAt',
    'createdAt',
  ],
  properties: {
    requestId: { type: 'string' },
    holdId: { type: 'string', description: 'The request id of the try.' },
    accountId: { type: 'string' },
    kind: { type: 'string', enum: ['hold'] },
    status: { type: 'string', enum: HOLD_STATES },
    amount: {
      ...fields.amountOut,
      description:
        'What it comes to in all: what it was tried for and raised to. "0" of one that was cancelled before it was tried.',
    },
    heldAmount: { ...fields.amountOut, description: 'What is set aside for it now.' },
    confirmedAmount: {
      ...fields.amountOut,
      description: 'What was taken of it, by all captures. Once it is settled, the rest was released.',
    },
    budgets: {
      type: 'array',
      items: { type: 'string' },
      description: 'The budgets in which it is set aside as well, those above the named ones included.',
    },
    reference: { type: 'string' },
    metadata: fields.strings,
    shard: { type: 'string' },
    subAccount: { type: 'integer' },
    expiresAt: fields.timeOut,
    createdAt: fields.timeOut,
  },
} as const;

export function holdView({ hold, shard }: { readonly hold: Hold; readonly shard: string }) {
  return {
    requestId: hold.holdId,
    holdId: hold.holdId,
    accountId: hold.accountId,
    kind: 'hold',
    status: hold.state,
    amount: totalMinor(hold).toString(),
    heldAmount: heldNow(hold).toString(),
    ...(isCaptured(hold) ? { confirmedAmount: takenMinor(hold).toString() } : {}),
    ...(hold.charges && { budgets: hold.charges.map(({ budgetId }) => budgetId) }),
    ...(hold.reference === null ? {} : { reference: hold.reference }),
    ...(hold.metadata === null ? {} : { metadata: JSON.parse(hold.metadata) as Record<string, string> }),
    shard,
    subAccount: hold.subAccount,
    expiresAt: timeView(hold.expiresAtUs),
    createdAt: timeView(hold.createdAtUs),
  };
}

/** What is set aside for it now. */
export function heldNow({ state, amountMinor }: Hold): bigint {
  return state === 'held' ? amountMinor : 0n;
}

/** Something was taken of it, or it was confirmed without that. */
export function isCaptured(hold: Hold): boolean {
  return hold.state === 'confirmed' || takenMinor(hold) > 0n;
}

/** The path of one hold. */
const holdPath = {
  type: 'object',
  required: ['accountId', 'holdId'],
  properties: { accountId: fields.accountId, holdId: fields.requestId },
} as const;

const asItIs = answer(hold, 'The hold as it is; with `Idempotent-Replayed: true`, it was so before.');

/** The call that sets money aside: the try of try, confirm, cancel. */
export const holdFunds = {
  name: 'hold',
  summary: 'Set money of an account aside',
  description:
    'The request id names the hold. It is taken by `confirm`, released by `cancel` or by time. With `budgets`, it is set aside in ' +
    'these and all above them as well, or nowhere.',
  group: 'holds',
  scope: 'deduct',
  deductions: 'one',
  path: accountPath,
  headers: keyHeaders,
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['amount'],
    properties: {
      amount: fields.amount,
      requestId: fields.requestId,
      expiresInSeconds: fields.expiresInSeconds,
      budgets: fields.budgets,
      reference: fields.reference,
      metadata: fields.metadata,
    },
  },
  answers: {
    201: answer(hold, 'It is held.'),
    200: answer(hold, 'It was held before, and is what the status says; `Idempotent-Replayed: true`.'),
  },
} as const satisfies Call;

export const confirmHold = {
  name: 'confirmHold',
  summary: 'Take what is held, or a part of it',
  description:
    'Without `amount`, all that it has. The last capture, which `final` is by default, makes what is not taken available again; after ' +
    'the others the rest stays held. A capture is known by its `requestId` among those of its hold; only the last one needs none.',
  group: 'holds',
  scope: 'deduct',
  path: holdPath,
  body: {
    type: ['object', 'null'],
    additionalProperties: false,
    properties: {
      amount: fields.amount,
      requestId: fields.requestId,
      final: fields.final,
      allowMore: fields.allowMore,
      reference: fields.reference,
      metadata: fields.metadata,
    },
    description:
      'May be left out. `reference` and `metadata` stand in the entry, in place of those of the hold.',
  },
  answers: { 200: asItIs },
} as const satisfies Call;

export const extendHold = {
  name: 'extendHold',
  summary: 'Let a hold last longer',
  description:
    'Until so long from now; never shorter than it would. No hold lasts longer than 30 days, and the idempotency window, since its try: ' +
    '`expiresAt` says when it ends.',
  group: 'holds',
  scope: 'deduct',
  path: holdPath,
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['expiresInSeconds'],
    properties: { expiresInSeconds: { ...fields.expiresInSeconds, description: 'From now.' } },
  },
  answers: { 200: asItIs },
} as const satisfies Call;

export const raiseHold = {
  name: 'raiseHold',
  summary: 'Set more aside for a hold',
  description:
    '`amount` is what the hold is to come to in all, what was captured of it included. It only rises: the same again finds it done.',
  group: 'holds',
  scope: 'deduct',
  deductions: 'one',
  path: holdPath,
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['amount'],
    properties: { amount: fields.amount },
  },
  answers: { 200: asItIs },
} as const satisfies Call;

export const cancelHold = {
  name: 'cancelHold',
  summary: 'Release what is held',
  description: 'One that is not known is remembered as cancelled: a try that comes late is refused.',
  group: 'holds',
  scope: 'deduct',
  path: holdPath,
  body: fields.noBody,
  answers: { 200: asItIs },
} as const satisfies Call;

/** One hold to take, of many. */
export const heldItem = {
  ...holdFunds.body,
  required: ['accountId', 'amount', 'requestId'],
  properties: { accountId: fields.accountId, ...holdFunds.body.properties },
} as const;

/** One hold to confirm, of many. */
export const confirmedItem = {
  type: 'object',
  additionalProperties: false,
  required: ['accountId', 'holdId'],
  properties: { ...holdPath.properties, ...confirmHold.body.properties },
} as const;

export const holdResult = {
  $id: 'HoldResult',
  type: 'object',
  required: ['requestId', 'holdId', 'status'],
  properties: {
    requestId: { type: ['string', 'null'] },
    holdId: { type: ['string', 'null'] },
    status: { type: 'string', enum: ['succeeded', 'replayed', 'rejected'] },
    hold: {
      $ref: `${hold.$id}#`,
      description:
        'As it is; not of an item that was rejected. A try that is replayed shows what became of its hold since.',
    },
    error: { $ref: `${problem.$id}#` },
  },
} as const;

const holdResults = {
  description: 'One result for each item, in their order.',
  type: 'object',
  properties: { results: { type: 'array', items: { $ref: `${holdResult.$id}#` } } },
} as const;

export const batchHold = {
  name: 'batchHold',
  summary: 'Set money aside many times, each on its own',
  description: `Up to ${ITEMS_MAX} items of {accountId, amount, requestId, expiresInSeconds?, budgets?, reference?, metadata?}; one result each, in order.`,
  group: 'holds',
  scope: 'deduct',
  deductions: 'items',
  limitsKept: 'by the handler',
  bodyBytesMax: BATCH_BYTES_MAX,
  body: batchOf(),
  documentedBody: batchOf(heldItem),
  answers: { 200: holdResults },
} as const satisfies Call;

export const batchConfirmHold = {
  name: 'batchConfirmHold',
  summary: 'Take many holds, each on its own',
  description: `Up to ${ITEMS_MAX} items of {accountId, holdId, amount?, requestId?, final?, allowMore?, reference?, metadata?}; one result each, in order.`,
  group: 'holds',
  scope: 'deduct',
  limitsKept: 'by the handler',
  bodyBytesMax: BATCH_BYTES_MAX,
  body: batchOf(),
  documentedBody: batchOf(confirmedItem),
  answers: { 200: holdResults },
} as const satisfies Call;

export const getHold = {
  name: 'getHold',
  summary: 'Look a hold up',
  group: 'holds',
  scope: 'lookUp',
  path: holdPath,
  answers: { 200: answer(hold, 'The hold as it is.') },
} as const satisfies Call;

export const listHolds = {
  name: 'listHolds',
  summary: 'List an account’s holds by their ids',
  description:
    'Of one status, or of all. What has the status from the first page to the last is listed once, whatever comes and goes meanwhile.',
  group: 'holds',
  scope: 'read',
  rows: PAGE_LENGTH_DEFAULT,
  path: accountPath,
  query: queryOf({
    cursor: fields.cursor,
    limit: fields.limit,
    status: { type: 'string', enum: HOLD_STATES },
  }),
  answers: { 200: pageOf(hold, 'A page of holds.') },
} as const satisfies Call;

/**
 * Holds are found at past homes for the idempotency window only, so none may outlive it.
 *
 * @param secondsMax that a hold may last at this service
 * @throws Problem INVALID_ARGUMENT
 */
export function assertEndsInTime(expiresInSeconds: number | undefined, secondsMax: number): void {
  if (expiresInSeconds === undefined || expiresInSeconds <= secondsMax) return;
  const rule = `at most ${secondsMax}, the idempotency window of this service`;
  throw new Problem('INVALID_ARGUMENT', { errors: [{ field: 'expiresInSeconds', rule }] });
}

/**
 * What a body says of a capture. Sent again without an id of its own, a capture before the last could not be told from the next one.
 *
 * @throws Problem INVALID_ARGUMENT
 */
export function captureOf(
  holdId: string,
  body: {
    readonly amount?: string | number;
    readonly requestId?: string;
    readonly final?: boolean;
    readonly allowMore?: boolean;
  },
) {
  const { amount, requestId: captureId, final: isFinal, allowMore: mayTakeMore } = body;
  if (isFinal === false && captureId === undefined) {
    const rule = `needed where final is false, to tell a capture that is sent again from the next one: ${fields.FIELD_RULES['requestId'] ?? ''}`;
    throw new Problem('INVALID_ARGUMENT', { errors: [{ field: 'requestId', rule }] });
  }
  if (captureId === holdId) {
    const rule = 'not the id of the hold, by which its last capture is known where it has no id of its own';
    throw new Problem('INVALID_ARGUMENT', { errors: [{ field: 'requestId', rule }] });
  }
  return { captureId, amountMinor: optionalAmount('amount', amount), isFinal, mayTakeMore };
}
