import type { MoneyRequest } from '../../deductions/deduction.service';
import { ITEMS_MAX } from '../../contract/deductions';
import type { DeductionOutcome } from '../many-deductions';
import type { HoldOutcome } from '../outcome-problem';
import { type ReceivedDeduction, waits } from '../received-problem';
import { Problem } from '../../contract/problem';
import type { DeductRequest, DeductResult, HoldResult, ProblemMessage } from './messages';
import { moneyRequestOf } from './read-requests';
import { dataOf } from './rich-status';
import { durabilityOf, enumValue, holdView } from './views';
import { enumOf } from './wire';

const STATUSES = enumOf('hotsplit.v1.DeductStatus');
const SUCCEEDED = enumValue(STATUSES, 'DEDUCT_STATUS', 'succeeded');
const REPLAYED = enumValue(STATUSES, 'DEDUCT_STATUS', 'replayed');
const RECEIVED = enumValue(STATUSES, 'DEDUCT_STATUS', 'received');
const REJECTED = enumValue(STATUSES, 'DEDUCT_STATUS', 'rejected');

/** @throws Problem INVALID_ARGUMENT */
export function deductionOf(item: DeductRequest): MoneyRequest {
  return moneyRequestOf('deduct', item);
}

/** What a deduction of a batch or a stream came to, as it is told. */
export function deductResult(item: DeductRequest, result: DeductionOutcome): DeductResult {
  if (result instanceof Problem) return rejected(item, result);
  const { accountId, requestId } = item;
  if (result.kind === 'received') return { accountId, requestId, status: RECEIVED };
  return {
    accountId,
    requestId,
    status: result.kind === 'applied' ? SUCCEEDED : REPLAYED,
    durability: durabilityOf(result),
  };
}

/** What became of a deduction that is to be charged later. */
export function receivedResult(item: DeductRequest, result: ReceivedDeduction | Problem): DeductResult {
  if (result instanceof Problem) return rejected(item, result);
  const { accountId, requestId } = item;
  return { accountId, requestId, status: waits(result) ? RECEIVED : REPLAYED };
}

/** What a hold of a batch came to. */
export function holdResult(
  ids: { readonly accountId: string; readonly holdId: string },
  result: HoldOutcome | Problem,
): HoldResult {
  const { accountId, holdId } = ids;
  if (result instanceof Problem)
    return { accountId: firstOf(accountId), holdId: firstOf(holdId), ...rejection(result) };
  const status = result.replayed ? REPLAYED : SUCCEEDED;
  return { accountId, holdId, status, hold: holdView(result) };
}

function rejected({ accountId, requestId }: DeductRequest, result: Problem): DeductResult {
  return { accountId: firstOf(accountId), requestId: firstOf(requestId), ...rejection(result) };
}

function rejection(result: Problem): { readonly status: number; readonly error: ProblemMessage } {
  const { code, message: detail, extras } = result;
  return {
    status: REJECTED,
    error: { code, detail, data: dataOf(result), ...(extras.errors && { errors: extras.errors }) },
  };
}

/** What is no id is told back as far as one goes. */
function firstOf(id: string): string {
  return id.slice(0, 64);
}

/** @throws Problem INVALID_ARGUMENT for more of them than one message may hold */
export function limitItems(field: string, items: readonly unknown[]): void {
  if (items.length <= ITEMS_MAX) return;
  throw new Problem('INVALID_ARGUMENT', { errors: [{ field, rule: 'a list of at most 5,000 items' }] });
}
