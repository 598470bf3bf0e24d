import type { StatementBalances, StatementRead } from '../engine/statements';
import type { AccountRecord } from '../shards/directory/account-record';
import { accountPath } from './accounts';
import { type Call, queryOf, type QueryOf } from './call';
import { encodeStatementCursor, PAGE_LENGTH_DEFAULT } from './cursors';
import { entry, TAIL_CURSOR_LENGTH_MAX } from './entries';
import * as fields from './fields';
import { Problem } from './problem';
import { rangeTooLarge } from './summaries';
import { timeView } from './times';

const statementSchema = {
  type: 'object',
  required: ['accountId', 'asset', 'closingAt', 'items'],
  properties: {
    accountId: { type: 'string' },
    asset: { type: 'string' },
    openingAt: {
      ...fields.timeOut,
      description: 'Where it begins; absent where it begins with the account.',
    },
    closingAt: { ...fields.timeOut, description: 'Where it ends.' },
    opening: {
      ...fields.amountOut,
      description: 'What the account had in all, held money included.',
    },
    closing: {
      ...fields.amountOut,
      description: 'What it had in all at the end.',
    },
    items: { type: 'array', items: { $ref: `${entry.$id}#` } },
    nextCursor: { type: 'string' },
  },
} as const;

export const getStatement = {
  name: 'getStatement',
  summary: 'Get a statement of an account',
  description:
    'What the account had in all at `from`, its entries up to `to`, oldest first, and what it had then: `opening` and the entries make ' +
    '`closing`, exactly, also where the account was resized or moved meanwhile. Without `from`, from its beginning; without `to`, up to now, as ' +
    '`closingAt` says. A `to` before which entries may still be written is refused. Balances are on the first page. `RANGE_TOO_LARGE` ' +
    'says that the running sums were not there yet: the same call again goes on from where it stopped. With ' +
    '`Accept: text/csv` or `text/html`, the whole statement as one document of up to 100,000 entries, to which `cursor` and `limit` do not belong.',
  group: 'accounts',
  scope: 'read',
  rows: PAGE_LENGTH_DEFAULT,
  path: accountPath,
  query: queryOf({
    cursor: {
      ...fields.cursor,
      maxLength: TAIL_CURSOR_LENGTH_MAX,
      description: '`nextCursor` of the page before, which has its `from` and `to`.',
    },
    limit: fields.limit,
    from: { ...fields.time, description: 'Inclusive.' },
    to: { ...fields.time, description: 'Exclusive.' },
  }),
  answers: {
    200: {
      description: 'A page of the statement; as CSV or HTML, all of it.',
      content: {
        'application/json': { schema: statementSchema },
        'text/csv': { schema: { type: 'string' } },
        'text/html': { schema: { type: 'string' } },
      },
    },
  },
} as const satisfies Call;

/** A page of a statement, its entries as the engine has them. */
export interface StatementPage {
  readonly openingAtUs: number | undefined;
  readonly closingAtUs: number;
  readonly balances: StatementBalances | undefined;
  readonly items: Extract<StatementRead, { kind: 'read' }>['page']['items'];
  readonly nextCursor: string | undefined;
}

/** @throws Problem RANGE_TOO_LARGE, or INSTANT_NOT_SETTLED where entries before the end may still be written */
export function statementPage(read: StatementRead): StatementPage {
  switch (read.kind) {
    case 'tooMany':
      throw rangeTooLarge('to', read.countedToUs);
    case 'unsettled':
      throw notSettled('to', read.settledUs);
    case 'read': {
      const { fromUs, toUs, balances, page } = read;
      return {
        openingAtUs: fromUs,
        closingAtUs: toUs,
        balances,
        items: page.items,
        nextCursor: page.hasMore ? encodeStatementCursor({ fromUs, toUs, after: page.next }) : undefined,
      };
    }
  }
}

/** @param field that names the instant */
export function notSettled(field: string, settledUs: number): Problem {
  const settledAt = timeView(settledUs);
  return new Problem('INSTANT_NOT_SETTLED', {
    detail: `Entries before this instant may still be written. Up to ${settledAt} none can.`,
    errors: [
      {
        field,
        rule: 'not after `settledAt`: entries may still be written before it',
      },
    ],
    settledAt,
  });
}

export function statementHead(
  { accountId, asset }: AccountRecord,
  { openingAtUs, closingAtUs, balances }: StatementPage,
) {
  return {
    accountId,
    asset,
    ...(openingAtUs !== undefined && { openingAt: timeView(openingAtUs) }),
    closingAt: timeView(closingAtUs),
    ...(balances && {
      opening: balances.openingMinor.toString(),
      closing: balances.closingMinor.toString(),
    }),
  };
}

/**
 * A document is a whole statement.
 *
 * @throws Problem INVALID_ARGUMENT
 */
export function refusePages(query: Pick<QueryOf<typeof getStatement>, 'cursor' | 'limit'>): void {
  const given = (['cursor', 'limit'] as const).filter((field) => query[field] !== undefined);
  if (given.length === 0) return;
  throw new Problem('INVALID_ARGUMENT', {
    errors: given.map((field) => ({
      field,
      rule: 'absent where CSV or HTML is asked for: that is the whole statement',
    })),
  });
}
