import { answered } from './answer';
import type { HttpAnswer } from './http-transport';
import { readDeductionState, readEntry, readHold, readTransfer, whenShaped } from './read-shapes';
import {
  accountPath,
  checkedAccountId,
  checkedBudgets,
  checkedDigits,
  checkedRequestId,
  notesBody,
} from './requests';
import type {
  CreditReversalRequest,
  DeductionState,
  Entry,
  EntryResult,
  Hold,
  HoldConfirmation,
  HoldExtension,
  HoldRaise,
  HoldRequest,
  HoldResult,
  MoneyRequest,
  OneHold,
  ReversalRequest,
  SubmittedDeduction,
  TransferRequest,
  TransferResult,
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
    body: JSON.stringify({
      amount,
      requestId,
      budgets: checkedBudgets(request.budgets),
      ...notesBody(request),
    }),
    requestId,
    effect: 'once',
    read: entryReader({ accountId: request.accountId, requestId, amount }),
  };
}

/** A deduction that travels alone, and may come back as received. @throws InvalidArgumentError */
export function deductCall(
  request: MoneyRequest,
  requestId: string,
): CallRequest<EntryResult | SubmittedDeduction> {
  const asked = entryCall('deductions', request, requestId);
  const { read } = submitCall(request, requestId);
  return { ...asked, read: (body, answer) => (answer.status === 202 ? read : asked.read)(body, answer) };
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
  return reversalOf('deductions', request, requestId);
}

/** @throws InvalidArgumentError */
export function creditReversalCall(
  request: CreditReversalRequest,
  requestId: string,
): CallRequest<EntryResult> {
  return reversalOf('credits', request, requestId);
}

function reversalOf(
  kind: 'credits' | 'deductions',
  request: ReversalRequest,
  requestId: string,
): CallRequest<EntryResult> {
  const { accountId, reverses } = request;
  const amount = request.amount === undefined ? undefined : checkedDigits(request.amount);
  const captureId =
    request.captureId === undefined ? undefined : checkedRequestId(request.captureId, 'captureId');
  const reversed = encodeURIComponent(checkedRequestId(reverses, 'reverses'));
  return {
    method: 'POST',
    path: `${accountPath(accountId)}/${kind}/${reversed}/reversals`,
    body: JSON.stringify({ amount, requestId, captureId, ...notesBody(request) }),
    requestId,
    effect: 'once',
    read: entryReader({ accountId, requestId, amount }),
  };
}

/** @throws InvalidArgumentError */
export function transferCall(request: TransferRequest, requestId: string): CallRequest<TransferResult> {
  const amount = checkedDigits(request.amount);
  const from = checkedAccountId(request.from, 'from');
  const to = checkedAccountId(request.to, 'to');
  return {
    method: 'POST',
    path: '/v1/transfers',
    body: JSON.stringify({ from, to, amount, requestId, ...notesBody(request) }),
    requestId,
    effect: 'once',
    read: (body, answer) => {
      const transfer = whenShaped(() => readTransfer(body));
      if (transfer?.requestId !== requestId || transfer.from !== from || transfer.to !== to) return undefined;
      if (transfer.amount !== BigInt(amount)) return undefined;
      return answered({ ...transfer, replayed: isReplay(answer) });
    },
  };
}

/** @throws InvalidArgumentError */
export function holdCall(request: HoldRequest, requestId: string): CallRequest<HoldResult> {
  const { accountId, expiresInSeconds } = request;
  const amount = checkedDigits(request.amount);
  return {
    method: 'POST',
    path: `${accountPath(accountId)}/holds`,
    body: JSON.stringify({
      amount,
      requestId,
      expiresInSeconds,
      budgets: checkedBudgets(request.budgets),
      ...notesBody(request),
    }),
    requestId,
    effect: 'once',
    read: holdReader({ accountId, holdId: requestId }),
  };
}

/** @throws InvalidArgumentError */
export function confirmCall(request: HoldConfirmation): CallRequest<HoldResult> {
  const body = { ...captureBody(request, request.requestId), ...notesBody(request) };
  return { ...holdVerb(request, 'confirm'), body: JSON.stringify(body) };
}

/** What a body says of a capture. @throws InvalidArgumentError */
export function captureBody(request: HoldConfirmation, captureId: string | undefined): object {
  const { amount, final, allowMore } = request;
  return {
    amount: amount === undefined ? undefined : checkedDigits(amount),
    requestId: captureId === undefined ? undefined : checkedRequestId(captureId),
    final,
    allowMore,
  };
}

/** @throws InvalidArgumentError */
export function extendCall(request: HoldExtension): CallRequest<HoldResult> {
  const { expiresInSeconds } = request;
  return { ...holdVerb(request, 'extend'), body: JSON.stringify({ expiresInSeconds }) };
}

/** @throws InvalidArgumentError */
export function raiseCall(request: HoldRaise): CallRequest<HoldResult> {
  const amount = checkedDigits(request.amount);
  return { ...holdVerb(request, 'raise'), body: JSON.stringify({ amount }) };
}

/** @throws InvalidArgumentError */
export function cancelCall(request: OneHold): CallRequest<HoldResult> {
  return holdVerb(request, 'cancel');
}

function holdVerb(
  { accountId, holdId }: OneHold,
  verb: 'confirm' | 'cancel' | 'extend' | 'raise',
): CallRequest<HoldResult> {
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
