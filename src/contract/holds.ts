import type { Hold } from '../ledger/hold';
import { accountPath } from './accounts';
import { answer, type Call } from './call';
import { keyHeaders } from './deductions';
import * as fields from './fields';
import { Problem } from './problem';
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
    status: { type: 'string', enum: ['held', 'confirmed', 'cancelled', 'expired'] },
    amount: { ...fields.amountOut, description: '"0" of one that was cancelled before it was tried.' },
    confirmedAmount: { ...fields.amountOut, description: 'What was taken of it; the rest was released.' },
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
    amount: hold.amountMinor.toString(),
    ...(hold.state === 'confirmed' ? { confirmedAmount: hold.confirmedMinor.toString() } : {}),
    ...(hold.reference === null ? {} : { reference: hold.reference }),
    ...(hold.metadata === null ? {} : { metadata: JSON.parse(hold.metadata) as Record<string, string> }),
    shard,
    subAccount: hold.subAccount,
    expiresAt: timeView(hold.expiresAtUs),
    createdAt: timeView(hold.createdAtUs),
  };
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
  description: 'The request id names the hold. It is taken by `confirm`, released by `cancel` or by time.',
  group: 'holds',
  scope: 'deduct',
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
  description: 'Without `amount`, all of it. What is not taken is available again.',
  group: 'holds',
  scope: 'deduct',
  path: holdPath,
  body: {
    type: ['object', 'null'],
    additionalProperties: false,
    properties: { amount: fields.amount },
    description: 'May be left out.',
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

export const getHold = {
  name: 'getHold',
  summary: 'Look a hold up',
  group: 'holds',
  scope: 'lookUp',
  path: holdPath,
  answers: { 200: answer(hold, 'The hold as it is.') },
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
