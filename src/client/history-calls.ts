import { answered } from './answer';
import { fieldsOf } from './fields';
import type {
  EntriesFilter,
  EntryOf,
  StatementPage,
  StatementQuery,
  Summary,
  SummaryItem,
  SummaryQuery,
  TailPage,
  TailQuery,
} from './history-shapes';
import { ENTRY_KINDS, readEntry, whenShaped } from './read-shapes';
import { accountPath, checkedAccountId, checkedRequestId, timeText, withQuery } from './requests';
import type { Entry } from './shapes';
import type { CallRequest } from './single-call';

const PERIODS = ['total', 'hour', 'day', 'month'] as const;

/** What a list of entries is asked for, as it stands in an address. */
export function entriesQuery({ kind, reference, from, to }: EntriesFilter) {
  return {
    kind: typeof kind === 'string' ? kind : kind?.join(','),
    reference,
    from: timeText(from),
    to: timeText(to),
  };
}

/** @throws InvalidArgumentError */
export function tailCall({ accountId, cursor, limit, ...filter }: TailQuery): CallRequest<TailPage> {
  const query = { ...entriesQuery({ accountId, ...filter }), order: 'asc', cursor, limit: limit?.toString() };
  return {
    method: 'GET',
    path: withQuery(`${accountPath(accountId)}/entries`, query),
    effect: 'none',
    read: (body) =>
      whenShaped(() => {
        const fields = fieldsOf(body);
        return {
          items: fields.list('items').map((item) => readEntry(item)),
          nextCursor: fields.string('nextCursor'),
          hasMore: fields.boolean('hasMore'),
        };
      }),
  };
}

/** @throws InvalidArgumentError */
export function entryLookUp(
  accountId: string,
  requestId: string,
  { reverses, holdId, counterparty }: EntryOf,
): CallRequest<Entry> {
  const path = `${accountPath(accountId)}/entries/${encodeURIComponent(checkedRequestId(requestId))}`;
  const of = {
    reverses: reverses === undefined ? undefined : checkedRequestId(reverses, 'reverses'),
    holdId: holdId === undefined ? undefined : checkedRequestId(holdId, 'holdId'),
    counterparty: counterparty === undefined ? undefined : checkedAccountId(counterparty, 'counterparty'),
  };
  return {
    method: 'GET',
    path: withQuery(path, of),
    effect: 'none',
    read: (body) => {
      const entry = whenShaped(() => readEntry(body));
      return entry?.accountId === accountId && entry.requestId === requestId ? entry : undefined;
    },
  };
}

/** @throws InvalidArgumentError */
export function statementCall(query: StatementQuery): CallRequest<StatementPage> {
  const { accountId, from, to, cursor, limit } = query;
  const range = { from: timeText(from), to: timeText(to), cursor, limit: limit?.toString() };
  return {
    method: 'GET',
    path: withQuery(`${accountPath(accountId)}/statement`, range),
    effect: 'none',
    read: (body) => {
      const page = whenShaped(() => readStatementPage(body));
      return page?.accountId === accountId ? page : undefined;
    },
  };
}

/** @throws WrongShape */
function readStatementPage(body: unknown): StatementPage {
  const fields = fieldsOf(body);
  return answered({
    accountId: fields.string('accountId'),
    asset: fields.string('asset'),
    ...fields.ifPresent('openingAt', fields.time),
    closingAt: fields.time('closingAt'),
    ...fields.ifPresent('opening', fields.change),
    ...fields.ifPresent('closing', fields.change),
    items: fields.list('items').map((item) => readEntry(item)),
    ...fields.ifPresent('nextCursor', fields.string),
  });
}

/** @throws InvalidArgumentError */
export function summaryCall({ accountId, from, to, period, timeZone }: SummaryQuery): CallRequest<Summary> {
  const query = { from: timeText(from), to: timeText(to), period, timeZone };
  return {
    method: 'GET',
    path: withQuery(`${accountPath(accountId)}/summary`, query),
    effect: 'none',
    read: (body) => {
      const summary = whenShaped(() => readSummary(body));
      return summary?.accountId === accountId ? summary : undefined;
    },
  };
}

/** @throws WrongShape */
function readSummary(body: unknown): Summary {
  const fields = fieldsOf(body);
  return answered({
    accountId: fields.string('accountId'),
    asset: fields.string('asset'),
    period: fields.oneOf('period', PERIODS),
    timeZone: fields.string('timeZone'),
    entries: fields.integer('entries'),
    change: fields.change('change'),
    items: fields.list('items').map(readSummaryItem),
  });
}

/** @throws WrongShape */
function readSummaryItem(item: unknown): SummaryItem {
  const fields = fieldsOf(item);
  return answered({
    ...fields.ifPresent('period', fields.string),
    kind: fields.oneOf('kind', ENTRY_KINDS),
    count: fields.integer('count'),
    amount: fields.amount('amount'),
  });
}
