import type { AccountRecord } from '../shards/directory/account-record';
import type { EntriesSummed } from '../engine/entry-sums';
import { byPeriod } from '../engine/entry-sums';
import { isTimeZone, type Period, periodNames, PERIODS } from '../engine/period-names';
import { LISTED_KINDS, signedAmount } from '../ledger/entry';
import { accountPath } from './accounts';
import { answer, type Call, type QueryOf, queryOf } from './call';
import * as fields from './fields';
import { Problem } from './problem';
import { timeView } from './times';

/** Rows of one answer. */
const ITEMS_MAX = 10_000;

export const summary = {
  $id: 'Summary',
  type: 'object',
  required: ['accountId', 'asset', 'period', 'timeZone', 'entries', 'change', 'items'],
  properties: {
    accountId: { type: 'string' },
    asset: { type: 'string' },
    period: { type: 'string', enum: PERIODS, description: 'What is summed up together.' },
    timeZone: { type: 'string', description: 'By whose clocks periods begin.' },
    entries: { type: 'integer', description: 'How many entries are summed up.' },
    change: {
      ...fields.amountOut,
      description:
        'What they changed the total by: credits and the like less deductions and the like. May be below zero.',
      examples: ['-250'],
    },
    items: {
      type: 'array',
      description: 'By time and then by kind; a period without entries has no row.',
      items: {
        type: 'object',
        required: ['kind', 'count', 'amount'],
        properties: {
          period: {
            type: 'string',
            description:
              'Such as `2026-03`, `2026-03-29` or `2026-03-29T02+01:00`; absent where all is one period.',
          },
          kind: { type: 'string', enum: LISTED_KINDS },
          count: { type: 'integer', description: 'How many entries of the kind the period has.' },
          amount: { ...fields.amountOut, description: 'Their sum; the kind says which way it went.' },
        },
      },
    },
  },
} as const;

export const getSummary = {
  name: 'getSummary',
  summary: 'Sum up an account’s entries by kind and period',
  description:
    'In the databases, so that nobody need read them all: from running sums where there are many. `RANGE_TOO_LARGE` says that these ' +
    'were not there yet, and the same call again goes on from where it stopped, or that there are too many periods. A period that is over stays as it is.',
  group: 'accounts',
  scope: 'read',
  rows: 1_000,
  path: accountPath,
  query: queryOf({
    from: { ...fields.time, description: 'Inclusive.' },
    to: { ...fields.time, description: 'Exclusive.' },
    period: { type: 'string', enum: PERIODS, default: 'total', description: 'What is summed up together.' },
    timeZone: {
      type: 'string',
      minLength: 1,
      maxLength: 64,
      default: 'UTC',
      description: 'By whose clocks hours, days and months begin, such as `Europe/Berlin`.',
      examples: ['UTC'],
    },
  }),
  answers: { 200: answer(summary, 'The sums.') },
} as const satisfies Call;

/** `nameOf` names the period that a quarter of an hour since 1970 belongs to. */
export interface WantedSummary {
  readonly fromUs: number | undefined;
  readonly toUs: number | undefined;
  readonly period: Period;
  readonly timeZone: string;
  readonly nameOf: (quarter: number) => string;
}

/** @throws Problem INVALID_ARGUMENT */
export function wantedSummaryOf(
  { period = 'total', timeZone = 'UTC' }: Pick<QueryOf<typeof getSummary>, 'period' | 'timeZone'>,
  range: Pick<WantedSummary, 'fromUs' | 'toUs'>,
): WantedSummary {
  if (!isTimeZone(timeZone))
    throw new Problem('INVALID_ARGUMENT', {
      errors: [{ field: 'timeZone', rule: fields.FIELD_RULES['timeZone'] ?? '' }],
    });
  return { ...range, period, timeZone, nameOf: periodNames(period, timeZone) };
}

/** @throws Problem RANGE_TOO_LARGE */
export function summaryView(
  { accountId, asset }: AccountRecord,
  { period, timeZone, nameOf }: WantedSummary,
  summed: EntriesSummed,
) {
  if (summed.kind === 'tooMany') throw rangeTooLarge('to', summed.countedToUs);
  const items = byPeriod(summed.sums, nameOf);
  if (items.length > ITEMS_MAX)
    throw new Problem('RANGE_TOO_LARGE', { detail: `The summary would have ${items.length} rows.` });
  const change = items.reduce((sum, item) => sum + signedAmount(item), 0n);
  return {
    accountId,
    asset,
    period,
    timeZone,
    entries: items.reduce((sum, { count }) => sum + count, 0),
    change: change.toString(),
    items: items.map(({ period: name, kind, count, amountMinor }) => ({
      ...(name !== '' && { period: name }),
      kind,
      count,
      amount: amountMinor.toString(),
    })),
  };
}

/** @param field that names the end of the range */
export function rangeTooLarge(field: string, countedToUs: number): Problem {
  // Shown times have milliseconds: the one before is within the range in any case.
  const to = timeView(Math.floor(countedToUs / 1_000) * 1_000);
  return new Problem('RANGE_TOO_LARGE', {
    detail: `There are more entries than one call may go through. Up to ${to} there are not.`,
    errors: [{ field, rule: `not after ${to}` }],
  });
}
