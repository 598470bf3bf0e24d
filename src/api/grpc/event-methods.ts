import { Injectable } from '@nestjs/common';
import { listEvents, startOf, typesOf } from '../../contract/events';
import { pageLength } from '../../contract/cursors';
import { EventsService } from '../../events/events.service';
import type { Principal } from '../../platform/principal';
import { outOfReach } from '../admit';
import { checked, checkOf, type SaidIn } from './check';
import type { ListEventsRequest } from './messages';
import { own } from './read-requests';
import { serves } from './serves';
import { structOf } from './struct';
import type { UnaryMethod, UnaryService } from './unary';

const isPage = checkOf<SaidIn<typeof listEvents>>(listEvents);

/** hotsplit.v1.EventService: translates between messages and services. */
@Injectable()
export class EventMethods {
  constructor(private readonly events: EventsService) {}

  service(): UnaryService {
    return { name: 'hotsplit.v1.EventService', methods: [this.#list()] };
  }

  #list(): UnaryMethod {
    const answer = async (message: ListEventsRequest, caller: Principal): Promise<object> => {
      const { cursor, limit, types, accountId } = checked(isPage, {
        ...own(message, 'cursor'),
        ...own(message, 'accountId'),
        ...(Object.hasOwn(message, 'limit') && { limit: String(message.limit) }),
        ...(message.types.length > 0 && { types: message.types.join(',') }),
      });
      const refusal = accountId === undefined ? undefined : outOfReach(caller, accountId);
      if (refusal) return refusal;
      const start = startOf(cursor ?? 'oldest');
      const wanted = { start, limit: pageLength(limit), types: typesOf(types), accountId };
      const { items, ...page } = await this.events.view(await this.events.page(wanted, caller));
      return { ...page, items: items.map(messageOf) };
    };
    return serves(listEvents, answer);
  }
}

type ShownEvent = Awaited<ReturnType<EventsService['view']>>['items'][number];

function messageOf({ data, time, type, ...envelope }: ShownEvent) {
  const ms = Date.parse(time);
  const seconds = Math.floor(ms / 1_000);
  return {
    ...envelope,
    eventType: type,
    time: { seconds, nanos: (ms - seconds * 1_000) * 1_000_000 },
    data: structOf(data),
  };
}
