import { fieldsOf } from './fields';
import { readEvent, whenShaped } from './read-shapes';
import { withQuery } from './requests';
import type { EventPage, EventsQuery } from './shapes';
import type { CallRequest } from './single-call';

export function eventsCall({ cursor, limit, types, accountId }: EventsQuery): CallRequest<EventPage> {
  return {
    method: 'GET',
    path: withQuery('/v1/events', { cursor, limit: limit?.toString(), types: types?.join(','), accountId }),
    effect: 'none',
    read: (body) => whenShaped(() => readEventPage(body)),
  };
}

/** @throws WrongShape */
function readEventPage(body: unknown): EventPage {
  const fields = fieldsOf(body);
  return {
    items: fields.list('items').map((item) => readEvent(item)),
    nextCursor: fields.string('nextCursor'),
    hasMore: fields.boolean('hasMore'),
    ...fields.ifPresent('unavailable', fields.words),
  };
}
