import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Call, PathOf } from '../contract/call';
import { credit, deduct, type MoneyBody } from '../contract/deductions';
import { moneyOf } from '../contract/money';
import { answerEntry } from '../http/answer-entry';
import { answerReceived, answerWaiting } from '../http/answer-received';
import { prefersAsync } from '../http/prefers-async';
import { requestIdOf } from '../http/request-id';
import { schemaOf } from '../http/serves.decorator';
import type { Watched } from '../http/watch-calls';
import type { Principal } from '../platform/principal';
import { DeductionService, type MoneyOutcome, type MoneyRequest } from './deduction.service';
import { IntakeService } from './intake.service';

interface MoneyRoute {
  Params: PathOf<typeof deduct>;
  Body: MoneyBody;
  Headers: { 'idempotency-key'?: string; prefer?: string };
}

interface HotRoute {
  readonly kind: MoneyRequest['kind'];
  readonly call: Call;
}

/**
 * Deductions and credits of one account. They are put on the server by hand, because a controller's way to a method costs
 * 8 % of their rate (docs/adr/0027); contract, hooks and problems are those of all routes.
 */
@Injectable()
export class HotRoutes {
  constructor(
    private readonly deductions: DeductionService,
    private readonly intake: IntakeService,
  ) {}

  register(server: FastifyInstance): void {
    const path = '/v1/accounts/:accountId';
    this.#register(server, `${path}/deductions`, { kind: 'deduct', call: deduct });
    this.#register(server, `${path}/credits`, { kind: 'credit', call: credit });
  }

  #register(server: FastifyInstance, path: string, { kind, call }: HotRoute): void {
    const watched: Watched = { answered: () => undefined };
    server.post<MoneyRoute>(path, { schema: schemaOf(call), config: { call, watched } }, (request, reply) =>
      this.#execute({ kind, watched }, request, reply),
    );
  }

  async #execute(
    { kind, watched }: { readonly kind: HotRoute['kind']; readonly watched: Watched },
    request: FastifyRequest<MoneyRoute>,
    reply: FastifyReply,
  ) {
    const { params, body, headers, principal } = request;
    const wanted: MoneyRequest = {
      kind,
      accountId: params.accountId,
      requestId: requestIdOf(body.requestId, headers['idempotency-key']),
      ...moneyOf(body),
      ...(body.budgets && { budgets: body.budgets }),
      flow: principal.keyId,
      span: request.span,
    };
    const answer =
      kind === 'deduct' && prefersAsync(headers.prefer)
        ? answerReceived(await this.intake.receive(wanted), principal, reply)
        : answerDeduction(await this.deductions.execute(wanted), principal, reply);
    watched.answered(request, reply);
    return answer;
  }
}

/** A deduction of the strategy `queued` may have no outcome so far. */
function answerDeduction(outcome: MoneyOutcome, principal: Principal, reply: FastifyReply) {
  return outcome.kind === 'received' ? answerWaiting(outcome, reply) : answerEntry(outcome, principal, reply);
}
