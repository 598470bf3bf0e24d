import { Injectable } from '@nestjs/common';
import { ENTRY_ORDERS, foundEntryOf, getEntry, listEntries } from '../../contract/entries';
import { Problem } from '../../contract/problem';
import { decodeStatementCursor, pageLength } from '../../contract/cursors';
import { getStatement, statementPage } from '../../contract/statements';
import { getSummary, summaryView, wantedSummaryOf } from '../../contract/summaries';
import { entriesAnswer } from '../../history/entries-answer';
import { HistoryService } from '../../history/history.service';
import { LISTED_KINDS } from '../../ledger/entry';
import { checked, checkOf, type SaidIn } from './check';
import type { GetEntryRequest, GetStatementRequest, GetSummaryRequest, ListEntriesRequest } from './messages';
import { own, present } from './read-requests';
import { serves } from './serves';
import { int64Of } from './int64';
import { microsecondsOf, type Timestamp, timestampOf } from './timestamp';
import type { UnaryMethod } from './unary';
import { entryView, enumValue } from './views';
import { enumOf } from './wire';

const isEntriesPage = checkOf<SaidIn<typeof listEntries>>(listEntries);
const isEntry = checkOf<SaidIn<typeof getEntry>>(getEntry);
const isStatement = checkOf<SaidIn<typeof getStatement>>(getStatement);
const isSummary = checkOf<SaidIn<typeof getSummary>>(getSummary);

const KINDS = enumOf('hotsplit.v1.EntryKind');
const ORDERS = enumOf('hotsplit.v1.ListOrder');

/** What happened to an account. */
@Injectable()
export class HistoryMethods {
  constructor(private readonly history: HistoryService) {}

  methods(): UnaryMethod[] {
    return [this.#entries(), this.#entry(), this.#statement(), this.#summary()];
  }

  #entries(): UnaryMethod {
    const answer = async (message: ListEntriesRequest): Promise<object> => {
      const kinds = [...(message.kind === 0 ? [] : [message.kind]), ...message.kinds];
      const { accountId, ...asked } = checked(isEntriesPage, {
        ...present('accountId', message.accountId),
        ...own(message, 'cursor'),
        ...(Object.hasOwn(message, 'limit') && { limit: String(message.limit) }),
        ...own(message, 'reference'),
        ...(kinds.length > 0 && { kind: kinds.map(kindOf).join(',') }),
        order: orderOf(message.order),
      });
      const { items, ...rest } = await entriesAnswer(this.history, accountId, {
        ...asked,
        ...rangeOf(message),
      });
      return { items: items.map(entryView), ...rest };
    };
    return serves(listEntries, answer);
  }

  #entry(): UnaryMethod {
    const answer = async (message: GetEntryRequest): Promise<object> => {
      const { accountId, requestId, ...of } = checked(isEntry, {
        ...present('accountId', message.accountId),
        ...present('requestId', message.requestId),
        ...own(message, 'reverses'),
        ...own(message, 'holdId'),
        ...own(message, 'counterparty'),
      });
      const account = await this.history.account(accountId);
      return { entry: entryView(foundEntryOf(await this.history.find(account, requestId, of))) };
    };
    return serves(getEntry, answer);
  }

  #statement(): UnaryMethod {
    const answer = async (message: GetStatementRequest): Promise<object> => {
      const { accountId, cursor, limit } = checked(isStatement, {
        ...present('accountId', message.accountId),
        ...own(message, 'cursor'),
        ...(Object.hasOwn(message, 'limit') && { limit: String(message.limit) }),
      });
      const place =
        cursor === undefined ? { ...rangeOf(message), after: undefined } : decodeStatementCursor(cursor);
      const account = await this.history.account(accountId);
      const page = statementPage(
        await this.history.statement(account, { ...place, limit: pageLength(limit) }),
      );
      const { openingAtUs, closingAtUs, balances, items, nextCursor } = page;
      return {
        accountId,
        asset: account.asset,
        openingAt: openingAtUs === undefined ? undefined : timestampOf(openingAtUs),
        closingAt: timestampOf(closingAtUs),
        opening: balances && int64Of(balances.openingMinor),
        closing: balances && int64Of(balances.closingMinor),
        items: items.map(entryView),
        nextCursor,
      };
    };
    return serves(getStatement, answer);
  }

  #summary(): UnaryMethod {
    const answer = async (message: GetSummaryRequest): Promise<object> => {
      const { accountId, ...asked } = checked(isSummary, {
        ...present('accountId', message.accountId),
        ...own(message, 'period'),
        ...own(message, 'timeZone'),
      });
      const wanted = wantedSummaryOf(asked, rangeOf(message));
      const account = await this.history.account(accountId);
      const { items, ...sums } = summaryView(account, wanted, await this.history.sums(account, wanted));
      return {
        ...sums,
        items: items.map((item) => ({ ...item, kind: enumValue(KINDS, 'ENTRY_KIND', item.kind) })),
      };
    };
    return serves(getSummary, answer);
  }
}

function rangeOf({ fromTime, toTime }: { fromTime: Timestamp | null; toTime: Timestamp | null }) {
  return {
    fromUs: fromTime ? microsecondsOf('fromTime', fromTime) : undefined,
    toUs: toTime ? microsecondsOf('toTime', toTime) : undefined,
  };
}

function kindOf(value: number): string {
  const kind = LISTED_KINDS.find((each) => enumValue(KINDS, 'ENTRY_KIND', each) === value);
  if (kind !== undefined) return kind;
  throw invalid('kind', `one of ${Object.keys(KINDS).join(', ')}`);
}

function orderOf(value: number): (typeof ENTRY_ORDERS)[number] {
  const order =
    value === 0 ? 'desc' : ENTRY_ORDERS.find((each) => enumValue(ORDERS, 'LIST_ORDER', each) === value);
  if (order !== undefined) return order;
  throw invalid('order', `one of ${Object.keys(ORDERS).join(', ')}`);
}

function invalid(field: string, rule: string): Problem {
  return new Problem('INVALID_ARGUMENT', { errors: [{ field, rule }] });
}
