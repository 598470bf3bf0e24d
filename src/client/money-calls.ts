import { answered } from './answer';
import type { HttpAnswer } from './http-transport';
import { readDeductionState, readEntry, readHold, whenShaped } from './read-shapes';
import { accountPath, checkedDigits, checkedRequestId, notesBody } from './requests';
import type {
  DeductionState,
  Entry,
  EntryResult,
  Hold,
  HoldConfirmation,
  HoldRequest,
  HoldResult,
  MoneyRequest,
  OneHold,
  ReversalRequest,
  SubmittedDeduction,
} from './shapes';
import type { CallRequest } from './single-call';

/** A credit, or a deduction that travels alone. @throws InvalidArgumentError */
export function entryCall(
  kind: 'credits' | 'deductions',
  request: MoneyRequest,
  requestId: string,
): CallRequest<EntryResult> {
  const amount = checkedDigits(request.amount);
  return {
    method: 'POST',
    path: `${accountPath(request.accountId)}/${kind}`,
    body: JSON.stringify({ amount, requestId, ...notesBody(request) }),
    requestId,
    effect: 'once',
    read: entryReader({ accountId: request.accountId, requestId, amount }),
  };
}

/** By which a request is answered once it is durable, and charged later. */
export const ASYNC_HEADERS = { prefer: 'respond-async' } as const;

/** A deduction to be charged later. @throws InvalidArgumentError */
export function submitCall(request: MoneyRequest, requestId: string): CallRequest<SubmittedDeduction> {
  const asked = entryCall('deductions', request, requestId);
  return {
    ...asked,
    headers: ASYNC_HEADERS,
    read: (body, answer) => {
      const state = whenShaped(() => readDeductionState(body));
      if (state?.requestId !== requestId || state.accountId !== request.accountId) return undefined;
      // Whoever does not know the preference has charged it, or may have: then it is no submission.
      if (answer.status !== 202) return undefined;
      return answered({ ...state, replayed: isReplay(answer) });
    },
  };
}

/** @throws InvalidArgumentError */
export function reversalCall(request: ReversalRequest, requestId: string): CallRequest<EntryResult> {
  const { accountId, reverses } = request;
  const amount = request.amount === undefined ? undefined : checkedDigits(request.amount);
  const deduction = encodeURIComponent(checkedRequestId(reverses, 'reverses'));
  return {
    method: 'POST',
    path: `${accountPath(accountId)}/deductions/${deduction}/reversals`,
    body: JSON.stringify({ amount, requestId, ...notesBody(request) }),
    requestId,
    effect: 'once',
    read: entryReader({ accountId, requestId, amount }),
  };
}

/** @throws InvalidArgumentError */
export function holdCall(request: HoldRequest, requestId: string): CallRequest<HoldResult> {
  const { accountId, expiresInSeconds } = request;
  const amount = checkedDigits(request.amount);
  return {
    method: 'POST',
    path: `${accountPath(accountId)}/holds`,
    body: JSON.stringify({ amount, requestId, expiresInSeconds, ...notesBody(request) }),
    requestId,
    effect: 'once',
    read: holdReader({ accountId, holdId: requestId }),
  };
}

/** @throws InvalidArgumentError */
export function confirmCall(request: HoldConfirmation): CallRequest<HoldResult> {
  const amount = request.amount === undefined ? undefined : checkedDigits(request.amount);
  return { ...settleCall(request, 'confirm'), body: JSON.stringify({ amount }) };
}

/** @throws InvalidArgumentError */
export function cancelCall(request: OneHold): CallRequest<HoldResult> {
  return settleCall(request, 'cancel');
}

function settleCall({ accountId, holdId }: OneHold, verb: 'confirm' | 'cancel'): CallRequest<HoldResult> {
  const hold = encodeURIComponent(checkedRequestId(holdId, 'holdId'));
  return {
    method: 'POST',
    path: `${accountPath(accountId)}/holds/${hold}/${verb}`,
    requestId: holdId,
    effect: 'once',
    read: holdReader({ accountId, holdId }),
  };
}

/** @throws InvalidArgumentError */
export function holdLookUp(accountId: string, holdId: string): CallRequest<Hold> {
  const path = `${accountPath(accountId)}/holds/${encodeURIComponent(checkedRequestId(holdId, 'holdId'))}`;
  return { method: 'GET', path, effect: 'none', read: (body) => whenShaped(() => readHold(body)) };
}

/** One that was received and has taken no effect is no entry. @throws InvalidArgumentError */
export function deductionLookUp(accountId: string, requestId: string): CallRequest<Entry | DeductionState> {
  const read = (body: unknown): Entry | DeductionState | undefined => {
    const state = whenShaped(() => readDeductionState(body));
    return state?.status === 'succeeded' ? whenShaped(() => readEntry(body)) : state;
  };
  return { ...stateLookUp(accountId, requestId), read };
}

/** @throws InvalidArgumentError */
export function stateLookUp(accountId: string, requestId: string): CallRequest<DeductionState> {
  const path = `${accountPath(accountId)}/deductions/${encodeURIComponent(checkedRequestId(requestId))}`;
  return { method: 'GET', path, effect: 'none', read: (body) => whenShaped(() => readDeductionState(body)) };
}

/** An answer about another request than the one that was sent is none, whatever it says. */
function entryReader(asked: {
  readonly accountId: string;
  readonly requestId: string;
  readonly amount: string | undefined;
}): CallRequest<EntryResult>['read'] {
  return (body, answer) => {
    const entry = whenShaped(() => readEntry(body));
    if (entry?.requestId !== asked.requestId || entry.accountId !== asked.accountId) return undefined;
    if (asked.amount !== undefined && entry.amount !== BigInt(asked.amount)) return undefined;
    return answered({ ...entry, replayed: isReplay(answer) });
  };
}

function holdReader(asked: {
  readonly accountId: string;
  readonly holdId: string;
}): CallRequest<HoldResult>['read'] {
  return (body, answer) => {
    const hold = whenShaped(() => readHold(body));
    if (hold?.holdId !== asked.holdId || hold.accountId !== asked.accountId) return undefined;
    return answered({ ...hold, replayed: isReplay(answer) });
  };
}

function isReplay({ headers }: HttpAnswer): boolean {
  return headers['idempotent-replayed'] === 'true';
}
