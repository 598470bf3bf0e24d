import type { Calls } from './calls';
import {
  type Page,
  readAuditLogLine,
  readBudget,
  readEntry,
  readHold,
  readKey,
  readListedAccount,
  readOperation,
  readPage,
  readWebhookDelivery,
  whenShaped,
} from './read-shapes';
import { entriesQuery } from './history-calls';
import type { AccountsQuery, EntriesQuery } from './history-shapes';
import { accountPath, withQuery } from './requests';
import type {
  ApiKey,
  AuditLogLine,
  AuditLogQuery,
  Budget,
  BudgetsQuery,
  DeliveriesQuery,
  Entry,
  Hold,
  HoldsQuery,
  ListedAccount,
  ListQuery,
  Operation,
  OperationsQuery,
  WebhookDelivery,
} from './shapes';
import type { CallRequest } from './single-call';
import { webhookPath } from './webhook-calls';

/** Where a page begins, and how long it is. */
export interface PageQuery {
  readonly cursor?: string | undefined;
  /** By default as the service has it. */
  readonly limit?: number | undefined;
}

type PageCall<T> = (page: PageQuery) => CallRequest<Page<T>>;

const PAGE_SIZE = 1_000;

export function accountsPage({ prefix, metadata = {} }: AccountsQuery): PageCall<ListedAccount> {
  const pairs = Object.entries(metadata).map(([key, value]) => [`metadata[${key}]`, value]);
  const filter = { prefix, ...(Object.fromEntries(pairs) as Record<string, string>) };
  return (page) => pageCall('/v1/accounts', page, readListedAccount, filter);
}

export function operationsPage({
  accountId,
  status,
}: Pick<OperationsQuery, 'accountId' | 'status'> = {}): PageCall<Operation> {
  return (page) => pageCall('/v1/admin/operations', page, readOperation, { accountId, status });
}

export const keysPage: PageCall<ApiKey> = (page) => pageCall('/v1/admin/keys', page, readKey);

export function auditLogPage({ actor, action, target, order }: AuditLogQuery): PageCall<AuditLogLine> {
  return (page) => pageCall('/v1/admin/audit-log', page, readAuditLogLine, { actor, action, target, order });
}

/** @throws InvalidArgumentError when a page is asked for */
export function deliveriesPage({ webhookId }: Pick<DeliveriesQuery, 'webhookId'>): PageCall<WebhookDelivery> {
  return (page) => pageCall(`${webhookPath(webhookId)}/deliveries`, page, readWebhookDelivery);
}

/** @throws InvalidArgumentError when a page is asked for */
export function entriesPage(query: EntriesQuery): PageCall<Entry> {
  const filter = { ...entriesQuery(query), order: query.order };
  return (page) => pageCall(`${accountPath(query.accountId)}/entries`, page, readEntry, filter);
}

/** @throws InvalidArgumentError when a page is asked for */
export function budgetsPage({ accountId }: Pick<BudgetsQuery, 'accountId'>): PageCall<Budget> {
  return (page) => pageCall(`${accountPath(accountId)}/budgets`, page, readBudget);
}

/** @throws InvalidArgumentError when a page is asked for */
export function holdsPage({ accountId, status }: Pick<HoldsQuery, 'accountId' | 'status'>): PageCall<Hold> {
  return (page) => pageCall(`${accountPath(accountId)}/holds`, page, readHold, { status });
}

/**
 * A list, page by page as it is asked for. The cursor stands between two items: what comes to stand before it meanwhile is
 * not among them, and nothing comes twice.
 *
 * @throws HotsplitError
 */
export async function* pagesOf<T>(
  page: PageCall<T>,
  { pageSize = PAGE_SIZE, timeoutMs, signal }: ListQuery,
  calls: Pick<Calls, 'call'>,
): AsyncGenerator<T, void, undefined> {
  const options = { ...(timeoutMs !== undefined && { timeoutMs }), ...(signal && { signal }) };
  let cursor: string | undefined;
  do {
    const {
      items,
      nextCursor,
      hasMore = true,
    } = await calls.call(page({ cursor, limit: pageSize }), options);
    yield* items;
    cursor = hasMore ? nextCursor : undefined;
  } while (cursor !== undefined);
}

function pageCall<T>(
  path: string,
  { cursor, limit }: PageQuery,
  readItem: (item: unknown) => T,
  filter: Readonly<Record<string, string | undefined>> = {},
): CallRequest<Page<T>> {
  return {
    method: 'GET',
    path: withQuery(path, { cursor, limit: limit?.toString(), ...filter }),
    effect: 'none',
    read: (body) => whenShaped(() => readPage(body, readItem)),
  };
}
