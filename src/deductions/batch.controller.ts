import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { Ajv } from 'ajv';
import type { FastifyReply } from 'fastify';
import { ManyDeductions } from '../api/many-deductions';
import { ManyReceived } from '../api/many-received';
import type { EntryOutcome } from '../api/outcome-problem';
import { type ReceivedDeduction, waits } from '../api/received-problem';
import { batchDeduct, type BatchItem, batchItem } from '../contract/deductions';
import { fieldFaults } from '../contract/field-faults';
import { moneyOf } from '../contract/money';
import { Problem, type ProblemBody } from '../contract/problem';
import { CurrentPrincipal } from '../http/current-principal.decorator';
import { ASYNC_APPLIED, prefersAsync } from '../http/prefers-async';
import { Serves } from '../http/serves.decorator';
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

/** Many deductions in one request. Items succeed or fail one by one; a malformed item is refused alone. */
@Controller('v1')
export class BatchController {
  readonly #isItem = new Ajv({ allowUnionTypes: true, strict: false }).compile<BatchItem>(batchItem);

  readonly #many: ManyDeductions;
  readonly #received: ManyReceived;

  constructor(deductions: DeductionService, intake: IntakeService, metrics: Metrics) {
    this.#many = new ManyDeductions(deductions, metrics);
    this.#received = new ManyReceived(intake, metrics);
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
    const many = { items, read: (each: unknown) => this.#requestOf(each), caller };
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

  /** @throws Problem INVALID_ARGUMENT */
  #requestOf(given: unknown): MoneyRequest {
    if (!this.#isItem(given)) {
      const errors = fieldFaults(this.#isItem.errors ?? [], 'item');
      throw new Problem('INVALID_ARGUMENT', { errors });
    }
    const { amountMinor, reference, metadata } = moneyOf(given);
    const { accountId, requestId } = given;
    return { kind: 'deduct', accountId, requestId, amountMinor, reference, metadata };
  }
}

function resultOf(given: unknown, result: EntryOutcome | Problem): BatchResult {
  const requestId = requestIdIn(given);
  if (result instanceof Problem) return { requestId, status: 'rejected', error: result.body };
  const status = result.kind === 'applied' ? 'succeeded' : 'replayed';
  return result.isDeferred ? { requestId, status, durability: 'deferred' } : { requestId, status };
}

function receivedResultOf(given: unknown, result: ReceivedDeduction | Problem): BatchResult {
  const requestId = requestIdIn(given);
  if (result instanceof Problem) return { requestId, status: 'rejected', error: result.body };
  return { requestId, status: waits(result) ? 'received' : 'replayed' };
}

function requestIdIn(given: unknown): string | null {
  const requestId = (given as { requestId?: unknown } | null | undefined)?.requestId;
  return typeof requestId === 'string' ? requestId.slice(0, 64) : null;
}
