import { ServiceProblem } from '../faults';
import { passingFailure } from '../service/passing-failure';
import { readProblemObject } from '../service/read-problem';
import type { ServiceClient } from '../service/service-client';
import type { Charge } from './charge';
import type { Patience } from './patience';
import type { Tally } from './tally';

interface BatchAnswer {
  readonly results?: readonly ItemResult[];
}

interface ItemResult {
  /** `null` for an item that the service cannot read. */
  readonly requestId: string | null;
  readonly status: string;
  readonly error?: { readonly code?: string; readonly detail?: string };
}

export interface SendContext {
  readonly client: ServiceClient;
  readonly patience: Patience;
  readonly tally: Tally;
  readonly onAnswered: (count: number) => void;
}

/** Rejections that say nothing about the charge, only about the moment. */
const PASSING = new Set(['OVERLOADED', 'SHARD_UNAVAILABLE', 'RATE_LIMITED']);

/**
 * Sends charges until each of them is answered for good. Whatever was not, or whose answer was lost, is sent again with
 * the same ids, so that it cannot be deducted twice.
 *
 * @returns how many were rejected
 * @throws ServiceProblem, or NoProgress when patience ran out
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
    const { body } = await context.client.call<BatchAnswer>({
      method: 'POST',
      path: '/v1/deductions:batch',
      body: { items: charges.map(toItem) },
    });
    return sortResults(matchResults(charges, body), context);
  } catch (error) {
    const failure = passingFailure(error);
    if (failure === undefined) throw error;
    const { reason, retryAfterMs, perhapsDone } = failure;
    return { left: charges, rejected: 0, reason, retryAfterMs, answerLost: perhapsDone };
  }
}

function toItem({ accountId, amountMinor, requestId }: Charge) {
  return { accountId, amount: amountMinor.toString(), requestId };
}

/** Results come in the order of the items. Going on with others would book one charge's outcome under another. */
function matchResults(
  charges: readonly Charge[],
  { results }: BatchAnswer,
): { readonly charge: Charge; readonly result: ItemResult }[] {
  return charges.map((charge, index) => {
    const result = results?.[index];
    if (result !== undefined && (result.requestId ?? charge.requestId) === charge.requestId)
      return { charge, result };
    const detail =
      'the answer does not belong to the batch that was sent; is something between here and the service?';
    throw new ServiceProblem({ status: 200, code: 'UNEXPECTED_ANSWER', detail });
  });
}

function sortResults(
  answers: readonly { readonly charge: Charge; readonly result: ItemResult }[],
  { tally, answerLost }: SendContext & { answerLost: boolean },
): Attempt {
  const left: Charge[] = [];
  let rejected = 0;
  let reason = '';
  for (const { charge, result } of answers) {
    switch (result.status) {
      case 'succeeded':
        tally.succeeded(charge);
        break;
      case 'replayed':
        tally.replayed(charge, { answerLost });
        break;
      default: {
        const { code, detail } = readProblemObject(result.error ?? {}, 'NO_CODE');
        if (PASSING.has(code)) {
          left.push(charge);
          reason = `${code}: ${detail}`;
        } else {
          rejected += 1;
          tally.rejected(charge, { code, detail });
        }
      }
    }
  }
  return { left, rejected, reason, answerLost: left.length > 0 };
}
