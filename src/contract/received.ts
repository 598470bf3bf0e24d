import type { Entry } from '../ledger/entry';
import { type IntakeRecord, REJECTION_REASONS } from '../ledger/intake';
import { entry, entryView } from './entries';
import * as fields from './fields';
import { timeView } from './times';

const { requestId, accountId, kind, status, amount, shard, subAccount, createdAt, ...others } =
  entry.properties;

/** A deduction that took effect, or that was received and waits or was rejected. */
export const deduction = {
  $id: 'Deduction',
  type: 'object',
  required: ['requestId', 'accountId', 'kind', 'status', 'amount'],
  // In this order an entry is written byte for byte as the answer to its request was.
  properties: {
    requestId,
    accountId,
    kind,
    status: {
      ...status,
      enum: ['received', 'succeeded', 'rejected'],
      description:
        '`received`: kept durably, and to be charged. `rejected`: for good, as far as this request goes.',
    },
    amount,
    shard,
    subAccount,
    createdAt,
    ...others,
    reason: { type: 'string', enum: REJECTION_REASONS, description: 'Why it was rejected.' },
    receivedAt: { ...fields.timeOut, description: 'Of one that was received to be charged later.' },
    endedAt: { ...fields.timeOut, description: 'When such a one was charged or rejected.' },
  },
} as const;

/** What is known of a deduction: its entry, what was received under its key, or both. */
export type KnownDeduction =
  | {
      readonly entry: Entry;
      readonly shard: string;
      readonly isDeferred?: boolean;
      readonly record?: IntakeRecord | undefined;
    }
  | { readonly entry?: undefined; readonly record: IntakeRecord };

export function deductionView(known: KnownDeduction) {
  if (known.entry) return { ...entryView(known), ...timesView(known.record) };
  const { record } = known;
  return {
    requestId: record.requestId,
    accountId: record.accountId,
    kind: 'deduction',
    status: record.state,
    amount: record.amountMinor.toString(),
    ...(record.reason === null ? {} : { reason: record.reason }),
    ...(record.reference === null ? {} : { reference: record.reference }),
    ...(record.metadata === null ? {} : { metadata: JSON.parse(record.metadata) as Record<string, string> }),
    ...timesView(record),
  };
}

function timesView(record: IntakeRecord | undefined) {
  if (!record) return {};
  const { state, receivedAtUs, sinceUs } = record;
  return {
    receivedAt: timeView(receivedAtUs),
    ...(state === 'received' ? {} : { endedAt: timeView(sinceUs) }),
  };
}
