import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { EachOfMany } from '../api/each-of-many';
import { type HoldOutcome, holdOrProblem } from '../api/outcome-problem';
import {
  assertEndsInTime,
  batchConfirmHold,
  batchHold,
  captureOf,
  confirmedItem,
  heldItem,
  holdView,
} from '../contract/holds';
import { moneyOf, notesOf } from '../contract/money';
import { Problem, type ProblemBody } from '../contract/problem';
import { idIn, itemReader } from '../http/batch-items';
import { namesOf } from '../http/call-names';
import { CurrentPrincipal } from '../http/current-principal.decorator';
import { Serves } from '../http/serves.decorator';
import { ItemGate } from '../platform/item-gate';
import { Metrics } from '../platform/metrics';
import type { Principal } from '../platform/principal';
import { type ConfirmRequest, type HoldRequest, HoldService } from './hold.service';

interface HoldResult {
  readonly requestId: string | null;
  readonly holdId: string | null;
  readonly status: 'succeeded' | 'replayed' | 'rejected';
  readonly hold?: ReturnType<typeof holdView>;
  readonly error?: ProblemBody;
}

interface Batch {
  readonly items: readonly unknown[];
}

const readHeld = itemReader(heldItem);
const readConfirmed = itemReader(confirmedItem);

/** Many holds in one request. Items succeed or fail one by one; a malformed item is refused alone. */
@Controller('v1')
export class HoldBatchController {
  readonly #held: EachOfMany<HoldRequest, HoldOutcome>;
  readonly #confirmed: EachOfMany<ConfirmRequest, HoldOutcome>;

  constructor(
    private readonly holds: HoldService,
    metrics: Metrics,
    gate: ItemGate,
  ) {
    this.#held = new EachOfMany(
      async (request, { caller, flow }) =>
        holdOrProblem(await holds.hold({ ...request, flow }, true), caller),
      metrics,
      gate,
    );
    this.#confirmed = new EachOfMany(
      async (request, { caller, flow }) => holdOrProblem(await holds.confirm({ ...request, flow }), caller),
      metrics,
      gate,
    );
  }

  // Two colons stand for a literal one: the path is /v1/holds:batch.
  @Post('holds::batch')
  @HttpCode(200)
  @Serves(batchHold)
  async hold(
    @Body() { items }: Batch,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) { request }: FastifyReply,
  ) {
    const read = (item: unknown): HoldRequest => this.#holdOf(item);
    const results = await this.#held.all({ items, read, caller, names: namesOf(request) });
    return {
      results: results.map((result, position) => resultOf(idIn(items[position], 'requestId'), result)),
    };
  }

  @Post('holds::confirm')
  @HttpCode(200)
  @Serves(batchConfirmHold)
  async confirm(
    @Body() { items }: Batch,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) { request }: FastifyReply,
  ) {
    const results = await this.#confirmed.all({ items, read: confirmOf, caller, names: namesOf(request) });
    return { results: results.map((result, position) => resultOf(idIn(items[position], 'holdId'), result)) };
  }

  /** @throws Problem INVALID_ARGUMENT */
  #holdOf(item: unknown): HoldRequest {
    const { accountId, requestId: holdId, expiresInSeconds, budgets, ...money } = readHeld(item);
    assertEndsInTime(expiresInSeconds, this.holds.secondsMax);
    return { accountId, holdId, expiresInSeconds, budgets, ...moneyOf(money) };
  }
}

/** @throws Problem INVALID_ARGUMENT */
function confirmOf(item: unknown): ConfirmRequest {
  const { accountId, holdId, reference, metadata, ...capture } = readConfirmed(item);
  const notes = {
    ...(reference !== undefined && { reference }),
    ...(metadata !== undefined && { metadata }),
  };
  return { accountId, holdId, ...captureOf(holdId, capture), ...notesOf(notes) };
}

function resultOf(id: string | null, result: HoldOutcome | Problem): HoldResult {
  const ids = { requestId: id, holdId: id };
  if (result instanceof Problem) return { ...ids, status: 'rejected', error: result.body };
  const status = result.replayed ? 'replayed' : 'succeeded';
  return { ...ids, status, hold: holdView(result) };
}
