import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { type DeductionOutcome, ManyDeductions } from '../api/many-deductions';
import { EachOfMany } from '../api/each-of-many';
import { type ReceivedDeduction, receivedOrProblem, waits } from '../api/received-problem';
import { batchDeduct, batchItem } from '../contract/deductions';
import { moneyOf } from '../contract/money';
import { Problem, type ProblemBody } from '../contract/problem';
import { idIn, itemReader } from '../http/batch-items';
import { namesOf } from '../http/call-names';
import { CurrentPrincipal } from '../http/current-principal.decorator';
import { ASYNC_APPLIED, prefersAsync } from '../http/prefers-async';
import { Serves } from '../http/serves.decorator';
import { ItemGate } from '../platform/item-gate';
import { Metrics } from '../platform/metrics';
import type { Principal } from '../platform/principal';
import { DeductionService, type MoneyRequest } from './deduction.service';
import { IntakeService } from './intake.service';

interface BatchResult {
  readonly requestId: string | null;
  readonly status: 'succeeded' | 'replayed' | 'rejected' | 'received';
  readonly durability?: 'deferred';
  readonly error?: ProblemBody;
}

const readItem = itemReader(batchItem);

/** Many deductions in one request. Items succeed or fail one by one; a malformed item is refused alone. */
@Controller('v1')
export class BatchController {
  readonly #many: ManyDeductions;
  readonly #received: EachOfMany<MoneyRequest, ReceivedDeduction>;

  constructor(deductions: DeductionService, intake: IntakeService, metrics: Metrics, gate: ItemGate) {
    this.#many = new ManyDeductions(deductions, metrics, gate);
    this.#received = new EachOfMany(
      async (request, { caller }) => receivedOrProblem(await intake.receive(request, true), caller),
      metrics,
      gate,
    );
  }

  // Two colons stand for a literal one: the path is /v1/deductions:batch.
  @Post('deductions::batch')
  @HttpCode(200)
  @Serves(batchDeduct)
  async deduct(
    @Body() { items }: { readonly items: readonly unknown[] },
    @CurrentPrincipal() caller: Principal,
    @Headers('prefer') prefer: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const names = namesOf(reply.request);
    const many = { items, read: requestOf, caller, names };
    if (prefersAsync(prefer)) {
      const received = await this.#received.all(many);
      const results = received.map((result, position) => receivedResultOf(items[position], result));
      void reply
        .code(202)
        .header(...ASYNC_APPLIED)
        .send({ results });
      return;
    }
    const results = await this.#many.all(many);
    void reply.send({ results: results.map((result, position) => resultOf(items[position], result)) });
  }
}

/** @throws Problem INVALID_ARGUMENT */
function requestOf(item: unknown): MoneyRequest {
  const given = readItem(item);
  const { amountMinor, reference, metadata } = moneyOf(given);
  const { accountId, requestId, budgets } = given;
  return { kind: 'deduct', accountId, requestId, amountMinor, reference, metadata, budgets };
}

function resultOf(given: unknown, result: DeductionOutcome): BatchResult {
  const requestId = idIn(given, 'requestId');
  if (result instanceof Problem) return { requestId, status: 'rejected', error: result.body };
  if (result.kind === 'received') return { requestId, status: 'received' };
  const status = result.kind === 'applied' ? 'succeeded' : 'replayed';
  return result.isDeferred ? { requestId, status, durability: 'deferred' } : { requestId, status };
}

function receivedResultOf(given: unknown, result: ReceivedDeduction | Problem): BatchResult {
  const requestId = idIn(given, 'requestId');
  if (result instanceof Problem) return { requestId, status: 'rejected', error: result.body };
  return { requestId, status: waits(result) ? 'received' : 'replayed' };
}
