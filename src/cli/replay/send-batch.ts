import { type LaterOutcome, readBatchAnswer, readLaterAnswer } from '../../client/batch-answer';
import { batchBody } from '../../client/batcher';
import { BATCH_PATH } from '../../client/deductions';
import { refusalOf } from '../../client/errors';
import { ASYNC_HEADERS } from '../../client/money-calls';
import { deductionItem } from '../../client/requests';
import type { CallRequest } from '../../client/single-call';
import { detailOf, passing } from '../faults';
import type { ServiceClient } from '../service/service-client';
import type { Charge } from './charge';
import type { Patience } from './patience';
import type { Tally } from './tally';

export interface SendContext {
  readonly client: ServiceClient;
  readonly patience: Patience;
  readonly tally: Tally;
  /** They are received now and charged later. */
  readonly isAsync: boolean;
  readonly onAnswered: (count: number) => void;
}

/**
 * Sends charges until each of them is answered for good. Whatever was not, or whose answer was lost, is sent again with
 * the same ids, so that it cannot be deducted twice.
 *
 * @returns how many were rejected
 * @throws RefusedError, NotSettled, or NoProgress when patience ran out
 */
export async function sendBatch(charges: readonly Charge[], context: SendContext): Promise<number> {
  let waiting = charges;
  let rejected = 0;
  let answerLost = false;
  for (let attempt = 0; waiting.length > 0; attempt += 1) {
    const attempted = await tryOnce(waiting, { ...context, answerLost });
    rejected += attempted.rejected;
    answerLost ||= attempted.answerLost;
    if (attempted.left.length < waiting.length) {
      context.patience.progressed();
      context.onAnswered(waiting.length - attempted.left.length);
    }
    waiting = attempted.left;
    if (waiting.length > 0) await context.patience.wait({ ...attempted, attempt });
  }
  return rejected;
}

interface Attempt {
  readonly left: readonly Charge[];
  readonly rejected: number;
  /** Why some are left. */
  readonly reason: string;
  readonly retryAfterMs?: number | undefined;
  /** What is left may have taken effect. */
  readonly answerLost: boolean;
}

async function tryOnce(
  charges: readonly Charge[],
  context: SendContext & { answerLost: boolean },
): Promise<Attempt> {
  try {
    return sortOutcomes(charges, await context.client.read(batchCall(charges, context)), context);
  } catch (error) {
    const failure = passing(error);
    if (failure === undefined) throw error;
    const { reason, retryAfterMs, perhapsDone } = failure;
    return { left: charges, rejected: 0, reason, retryAfterMs, answerLost: perhapsDone };
  }
}

function batchCall(
  charges: readonly Charge[],
  { isAsync }: Pick<SendContext, 'isAsync'>,
): CallRequest<readonly LaterOutcome[]> {
  return {
    method: 'POST',
    path: BATCH_PATH,
    body: batchBody(charges.map(toItem)),
    effect: 'once',
    // Results come in the order of the items. Going on with others would book one charge's outcome under another.
    read: (body) => (isAsync ? readLaterAnswer : readBatchAnswer)(body, charges),
    ...(isAsync && { headers: ASYNC_HEADERS }),
  };
}

function toItem({ accountId, amountMinor, requestId }: Charge): string {
  const notes = { reference: undefined, metadata: undefined };
  return deductionItem({ accountId, digits: amountMinor.toString(), requestId, ...notes });
}

function sortOutcomes(
  charges: readonly Charge[],
  outcomes: readonly LaterOutcome[],
  { tally, answerLost }: SendContext & { answerLost: boolean },
): Attempt {
  const left: Charge[] = [];
  let rejected = 0;
  let reason = '';
  for (const [index, charge] of charges.entries()) {
    const outcome = outcomes[index] as LaterOutcome;
    if (outcome.kind === 'received') {
      tally.received(charge);
      continue;
    }
    if (outcome.kind === 'succeeded') {
      if (outcome.effect.replayed) tally.replayed(charge, { answerLost });
      else tally.succeeded(charge);
      continue;
    }
    const { code } = outcome.problem;
    const detail = detailOf(refusalOf(outcome.problem));
    // A defect would keep the replay from its end if it came again each time.
    if (outcome.kind === 'passing' && code !== 'INTERNAL') {
      left.push(charge);
      reason = `${code}: ${detail}`;
    } else {
      rejected += 1;
      tally.rejected(charge, { code, detail });
    }
  }
  return { left, rejected, reason, answerLost: left.length > 0 };
}
