import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { admit, outOfReach } from '../api/admit';
import type { HeadersOf, QueryOf } from '../contract/call';
import { pageLength } from '../contract/cursors';
import { listEvents, startOf, streamEvents, typesOf } from '../contract/events';
import { Problem } from '../contract/problem';
import { callerOf } from '../http/authorize';
import { CurrentPrincipal } from '../http/current-principal.decorator';
import { Serves } from '../http/serves.decorator';
import { isShownBySession, sessionTokenOf } from '../http/session-cookie';
import { AnonymousThrottle } from '../platform/anonymous-throttle';
import { ApiKeys } from '../platform/api-keys';
import { ConsoleSessions } from '../platform/console-sessions';
import type { Principal } from '../platform/principal';
import { EventStreams } from './event-streams';
import { EventsService } from './events.service';

/** What happened, for whoever wants to be told. */
@Controller('v1/events')
export class EventsController {
  constructor(
    private readonly events: EventsService,
    private readonly streams: EventStreams,
    private readonly keys: ApiKeys,
    private readonly throttle: AnonymousThrottle,
    private readonly sessions: ConsoleSessions,
  ) {}

  @Get()
  @Serves(listEvents)
  async list(
    @Query() { cursor, limit, types, accountId }: QueryOf<typeof listEvents>,
    @CurrentPrincipal() principal: Principal,
  ) {
    refuseOutOfReach(principal, accountId);
    const start = startOf(cursor ?? 'oldest');
    const wanted = { start, limit: pageLength(limit), types: typesOf(types), accountId };
    return this.events.view(await this.events.page(wanted, principal));
  }

  @Get('stream')
  @Serves(streamEvents)
  async stream(
    @Query() { cursor, types, accountId }: QueryOf<typeof streamEvents>,
    @Headers() headers: HeadersOf<typeof streamEvents>,
    @CurrentPrincipal() principal: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    refuseOutOfReach(principal, accountId);
    const start = startOf(headers['last-event-id'] ?? cursor ?? 'newest');
    const caller = callerOf(reply.request);
    const session = isShownBySession(reply.request) ? sessionTokenOf(reply.request) : undefined;
    const confirm = async (): Promise<Principal | undefined> => {
      // Whoever signs out ends what was begun with the session, too.
      if (session !== undefined && !(await this.sessions.open(session))) return undefined;
      const { keys, throttle } = this;
      const admitted = await admit({ keys, throttle }, caller, streamEvents.scope);
      if (admitted instanceof Problem) return undefined;
      return accountId !== undefined && outOfReach(admitted, accountId) ? undefined : admitted;
    };
    await this.streams.open(reply, { start, types: typesOf(types), accountId }, { principal, confirm });
  }
}

function refuseOutOfReach(principal: Principal, accountId: string | undefined): void {
  const refusal = accountId === undefined ? undefined : outOfReach(principal, accountId);
  if (refusal) throw refusal;
}
