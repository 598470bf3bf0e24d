import type { DeductionService } from '../../deductions/deduction.service';
import type { EngineObserver } from '../../engine/observer';
import { problemOfFault } from '../fault-problem';
import { entryOrProblem } from '../outcome-problem';
import { Problem } from '../problem';
import type { DeductRequest, DeductResult } from './messages';
import { moneyRequestOf } from './read-requests';
import { dataOf } from './rich-status';
import { enumValue } from './views';
import { enumOf } from './wire';

/** Items of one batch, and deductions of one message of a stream. */
export const ITEMS_MAX = 5_000;

const STATUSES = enumOf('hotsplit.v1.DeductStatus');
const SUCCEEDED = enumValue(STATUSES, 'DEDUCT_STATUS', 'succeeded');
const REPLAYED = enumValue(STATUSES, 'DEDUCT_STATUS', 'replayed');
const REJECTED = enumValue(STATUSES, 'DEDUCT_STATUS', 'rejected');

/** Carries one of many deductions out, and tells its result; what is malformed or fails is rejected alone. */
export type DeductItem = (item: DeductRequest, done: (result: DeductResult) => void) => void;

export function deductItems(
  deductions: DeductionService,
  observer: Pick<EngineObserver, 'defect'>,
): DeductItem {
  return (item, done) => {
    const fail = (error: unknown): void => {
      done(rejected(item, problemOfFault(error, observer)));
    };
    try {
      deductions.carryOut(moneyRequestOf('deduct', item)).then((outcome) => {
        const result = entryOrProblem(outcome);
        if (result instanceof Problem) done(rejected(item, result));
        else done({ ...keyOf(item), status: result.kind === 'applied' ? SUCCEEDED : REPLAYED });
      }, fail);
    } catch (error) {
      fail(error);
    }
  };
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
