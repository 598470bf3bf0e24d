import type { PageQuery } from '../../client/lists';
import type { Page } from '../../client/read-shapes';
import type { CallRequest } from '../../client/single-call';
import type { JsonOf, ServiceClient } from './service-client';

const PAGE_LENGTH = 500;

/** The items of a list, page by page, until its end or the limit is reached. */
export async function* itemsOf<T>(
  client: ServiceClient,
  page: (query: PageQuery) => CallRequest<Page<T>>,
  limit = Infinity,
): AsyncGenerator<JsonOf<T>> {
  let left = limit;
  let cursor: string | undefined;
  do {
    const { body } = await client.call(page({ cursor, limit: Math.min(left, PAGE_LENGTH) }));
    // As the service wrote them: the type of a page's items is that of what it answers.
    const items = (body as unknown as { readonly items: readonly JsonOf<T>[] }).items.slice(0, left);
    yield* items;
    left -= items.length;
    const { nextCursor, hasMore = true } = body as unknown as Pick<Page<T>, 'nextCursor' | 'hasMore'>;
    cursor = hasMore ? nextCursor : undefined;
  } while (cursor !== undefined && left > 0);
}
