import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AccountService } from '../../accounts/account.service';
import type { MoneyOutcome } from '../../deductions/deduction.service';
import { HoldService } from '../../holds/hold.service';
import { holdOrProblem } from '../outcome-problem';
import { Problem } from '../problem';
import { amountOf, moneyOf, type MoneyBody } from './money-body';
import { sendProblem } from './problem-reply';
import { keyHeaders, requestIdOf } from './request-id';
import * as fields from './schemas/fields';
import { accountParams, problemResponses } from './schemas/shapes';
import { holdView } from './views';

interface HoldRoute {
  Params: { accountId: string };
  Body: MoneyBody & { readonly expiresInSeconds?: number };
}

interface OneHoldRoute {
  Params: { accountId: string; holdId: string };
  Body: { readonly amount?: string | number } | null;
}

const holdParams = {
  type: 'object',
  required: ['accountId', 'holdId'],
  properties: { accountId: fields.accountId, holdId: fields.requestId },
} as const;

const answers = {
  200: {
    description: 'The hold as it is; with `Idempotent-Replayed: true`, it was so before.',
    $ref: 'Hold#',
  },
  ...problemResponses,
} as const;

/** Holds of one account: try, confirm, cancel. */
@Injectable()
export class HoldController {
  constructor(
    private readonly holds: HoldService,
    private readonly accounts: AccountService,
  ) {}

  register(rest: FastifyInstance): void {
    this.#registerTry(rest);
    rest.post<OneHoldRoute>(
      '/v1/accounts/:accountId/holds/:holdId/confirm',
      {
        config: { scope: 'deduct', bodyOptional: true },
        schema: {
          operationId: 'confirmHold',
          summary: 'Take what is held, or a part of it',
          description: 'Without `amount`, all of it. What is not taken is available again.',
          tags: ['holds'],
          params: holdParams,
          body: {
            type: ['object', 'null'],
            additionalProperties: false,
            properties: { amount: fields.amount },
            description: 'May be left out.',
          },
          response: answers,
        },
      },
      async ({ params, body }, reply) => {
        const amountMinor = body?.amount === undefined ? null : amountOf('amount', body.amount);
        const outcome = await this.holds.confirm(params.accountId, params.holdId, amountMinor);
        return this.#answer(outcome, 200, reply);
      },
    );
    rest.post<OneHoldRoute>(
      '/v1/accounts/:accountId/holds/:holdId/cancel',
      {
        config: { scope: 'deduct', bodyOptional: true },
        schema: {
          operationId: 'cancelHold',
          summary: 'Release what is held',
          description: 'One that is not known is remembered as cancelled: a try that comes late is refused.',
          tags: ['holds'],
          params: holdParams,
          body: fields.noBody,
          response: answers,
        },
      },
      async ({ params }, reply) =>
        this.#answer(await this.holds.cancel(params.accountId, params.holdId), 200, reply),
    );
    rest.get<OneHoldRoute>(
      '/v1/accounts/:accountId/holds/:holdId',
      {
        config: { scope: 'lookUp' },
        schema: {
          operationId: 'getHold',
          summary: 'Look a hold up',
          tags: ['holds'],
          params: holdParams,
          response: { 200: { description: 'The hold as it is.', $ref: 'Hold#' }, ...problemResponses },
        },
      },
      ({ params }) => this.#find(params),
    );
  }

  #registerTry(rest: FastifyInstance): void {
    rest.post<HoldRoute>(
      '/v1/accounts/:accountId/holds',
      {
        config: { scope: 'deduct' },
        schema: {
          operationId: 'hold',
          summary: 'Set money of an account aside',
          description:
            'The request id names the hold. It is taken by `confirm`, released by `cancel` or by time.',
          tags: ['holds'],
          params: accountParams,
          headers: keyHeaders,
          body: {
            type: 'object',
            additionalProperties: false,
            required: ['amount'],
            properties: {
              amount: fields.amount,
              requestId: fields.requestId,
              expiresInSeconds: fields.expiresInSeconds,
              reference: fields.reference,
              metadata: fields.metadata,
            },
          },
          response: {
            201: { description: 'It is held.', $ref: 'Hold#' },
            200: {
              description: 'It was held before, and is what the status says; `Idempotent-Replayed: true`.',
              $ref: 'Hold#',
            },
            ...problemResponses,
          },
        },
      },
      (request, reply) => this.#hold(request, reply),
    );
  }

  async #hold(request: FastifyRequest<HoldRoute>, reply: FastifyReply): Promise<unknown> {
    const { expiresInSeconds, ...money } = request.body;
    const { secondsMax } = this.holds;
    if (expiresInSeconds !== undefined && expiresInSeconds > secondsMax) {
      const rule = `at most ${secondsMax}, the idempotency window of this service`;
      throw new Problem('INVALID_ARGUMENT', { errors: [{ field: 'expiresInSeconds', rule }] });
    }
    const outcome = await this.holds.hold({
      accountId: request.params.accountId,
      holdId: requestIdOf(request),
      expiresInSeconds,
      ...moneyOf(money),
    });
    return this.#answer(outcome, 201, reply);
  }

  #answer(outcome: MoneyOutcome, first: 200 | 201, reply: FastifyReply): unknown {
    const result = holdOrProblem(outcome, reply.request.principal);
    if (result instanceof Problem) return sendProblem(reply, result);
    if (result.replayed) void reply.header('idempotent-replayed', 'true');
    else void reply.code(first);
    return holdView(result);
  }

  async #find({ accountId, holdId }: { accountId: string; holdId: string }): Promise<unknown> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    const found = await this.holds.find(account, holdId);
    if (!found) throw new Problem('HOLD_NOT_FOUND');
    return holdView(found);
  }
}
