import type { ServiceClient } from './service-client';

export interface Account {
  readonly id: string;
  readonly asset: string;
  readonly status: string;
  readonly strategy: string;
  readonly subAccounts: number;
  readonly epoch: number;
  readonly createdAt: string;
  readonly lowBalance?: string;
}

/** Amounts are digits, as the service sends them. */
export interface Balance {
  readonly accountId: string;
  readonly asset: string;
  readonly available: string;
  readonly held: string;
  readonly total: string;
  readonly inTransit: string;
  readonly consistency: string;
  readonly asOf: string;
}

interface AccountPage {
  readonly items: readonly Account[];
  readonly nextCursor?: string;
}

const PAGE_SIZE = 100;

/** Follows the cursors of the list until it, or the limit, is reached. */
export async function* listAccounts(client: ServiceClient, limit: number): AsyncGenerator<Account> {
  let left = limit;
  let cursor: string | undefined;
  do {
    const query: Record<string, string> = { limit: String(Math.min(left, PAGE_SIZE)) };
    if (cursor !== undefined) query['cursor'] = cursor;
    const { body: page } = await client.call<AccountPage>({ method: 'GET', path: '/v1/accounts', query });
    const wanted = page.items.slice(0, left);
    yield* wanted;
    left -= wanted.length;
    cursor = page.nextCursor;
  } while (cursor !== undefined && left > 0);
}
