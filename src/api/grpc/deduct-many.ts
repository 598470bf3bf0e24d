import type { DeductionService, MoneyRequest, OneOfMany } from '../../deductions/deduction.service';
import type { EngineObserver } from '../../engine/observer';
import { problemOfFault } from '../fault-problem';
import { refusalProblem } from '../outcome-problem';
import { Problem } from '../problem';
import type { DeductRequest, DeductResult } from './messages';
import { moneyRequestOf } from './read-requests';
import { dataOf } from './rich-status';
import { durabilityOf, enumValue } from './views';
import { enumOf } from './wire';

/** Items of one batch, and deductions of one message of a stream. */
export const ITEMS_MAX = 5_000;

const STATUSES = enumOf('hotsplit.v1.DeductStatus');
const SUCCEEDED = enumValue(STATUSES, 'DEDUCT_STATUS', 'succeeded');
const REPLAYED = enumValue(STATUSES, 'DEDUCT_STATUS', 'replayed');
const REJECTED = enumValue(STATUSES, 'DEDUCT_STATUS', 'rejected');

/**
 * Carries many deductions out, and tells the result of each with its position, in any order; what is malformed or fails is
 * rejected alone.
 */
export type DeductMany = (
  items: readonly DeductRequest[],
  told: (position: number, result: DeductResult) => void,
) => void;

export function deductMany(
  deductions: DeductionService,
  observer: Pick<EngineObserver, 'defect'>,
): DeductMany {
  const problemOf = (outcome: OneOfMany): Problem => {
    try {
      return outcome.kind === 'rejected' ? problemOfFault(outcome.error, observer) : refusalProblem(outcome);
    } catch (error) {
      return problemOfFault(error, observer);
    }
  };
  return (items, told) => {
    const requests: MoneyRequest[] = [];
    const positions: number[] = [];
    items.forEach((item, position) => {
      try {
        positions[requests.push(moneyRequestOf('deduct', item)) - 1] = position;
      } catch (error) {
        told(position, rejected(item, problemOfFault(error, observer)));
      }
    });
    deductions.carryOutEach(requests, (n, outcome) => {
      const position = positions[n] as number;
      const item = items[position] as DeductRequest;
      told(position, carriedOut(item, outcome) ?? rejected(item, problemOf(outcome)));
    });
  };
}

function carriedOut({ accountId, requestId }: DeductRequest, outcome: OneOfMany): DeductResult | undefined {
  if (outcome.kind !== 'applied' && outcome.kind !== 'replayed') return undefined;
  const status = outcome.kind === 'applied' ? SUCCEEDED : REPLAYED;
  return { accountId, requestId, status, durability: durabilityOf(outcome) };
}

function rejected(item: DeductRequest, problem: Problem): DeductResult {
  const { errors } = problem.extras;
  const { code, message: detail } = problem;
  return {
    ...keyOf(item),
    status: REJECTED,
    error: { code, detail, data: dataOf(problem), ...(errors && { errors }) },
  };
}

/** What is no id is told back as far as one goes. */
function keyOf({ accountId, requestId }: DeductRequest) {
  return { accountId: accountId.slice(0, 64), requestId: requestId.slice(0, 64) };
}

/** @throws Problem INVALID_ARGUMENT for more of them than one message may hold */
export function limitItems(field: string, items: readonly DeductRequest[]): void {
  if (items.length <= ITEMS_MAX) return;
  throw new Problem('INVALID_ARGUMENT', { errors: [{ field, rule: 'a list of at most 5,000 items' }] });
}
