import type { Entry } from '../ledger/entry';
import type { FeedRejection } from '../ledger/feed-change';
import { type IntakeRecord, REJECTION_REASONS } from '../ledger/intake';
import { type Screened, SCREENERS, VERDICTS } from '../ledger/screened';
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
    screening: {
      type: 'object',
      required: ['verdict', 'by'],
      description: 'What screening said of it last, where it was asked.',
      properties: {
        verdict: { type: 'string', enum: VERDICTS },
        by: {
          type: 'string',
          enum: SCREENERS,
          description:
            'Who said so: the operator’s service, the built-in rule, or the policy for when the service cannot be asked.',
        },
        reason: { type: 'string', description: 'In the words of who said so, up to 200 characters.' },
      },
    },
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

/** What is shown of a record. */
type ShownRecord = FeedRejection & Pick<IntakeRecord, 'state'>;

export function deductionView(known: KnownDeduction) {
  if (known.entry) return { ...entryView(known), ...timesView(known.record) };
  return recordView(known.record);
}

/** A deduction of which there is no entry. */
export function recordView(record: ShownRecord) {
  return {
    requestId: record.requestId,
    accountId: record.accountId,
    kind: 'deduction',
    status: record.state,
    amount: record.amountMinor.toString(),
    ...(record.reason === null ? {} : { reason: record.reason }),
    ...(record.budgets && { budgets: record.budgets }),
    ...(record.reference === null ? {} : { reference: record.reference }),
    ...(record.metadata === null ? {} : { metadata: JSON.parse(record.metadata) as Record<string, string> }),
    ...timesView(record),
  };
}

function timesView(record: ShownRecord | undefined) {
  if (!record) return {};
  const { state, receivedAtUs, sinceUs, screening } = record;
  return {
    ...(screening === null ? {} : { screening: screeningView(screening) }),
    receivedAt: timeView(receivedAtUs),
    ...(state === 'received' ? {} : { endedAt: timeView(sinceUs) }),
  };
}

function screeningView({ verdict, by, reason }: Screened) {
  return { verdict, by, ...(reason === null ? {} : { reason }) };
}
