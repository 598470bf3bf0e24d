import type { MoneyRequest, ReversalRequest } from '../../deductions/deduction.service';
import type {
  ConfirmRequest,
  ExtendRequest,
  HoldRequest as WantedHold,
  RaiseRequest,
} from '../../holds/hold.service';
import { getAccount, listAccounts } from '../../contract/accounts';
import { deduct, getDeduction, reverse, reverseCredit } from '../../contract/deductions';
import {
  assertEndsInTime,
  cancelHold,
  captureOf,
  confirmHold,
  extendHold,
  holdFunds,
  raiseHold,
} from '../../contract/holds';
import { amountOf, notesOf } from '../../contract/money';
import { transferFunds } from '../../contract/transfers';
import type { TransferRequest as WantedTransfer } from '../../transfers/transfer.service';
import { checked, checkOf, type Keyed, type SaidIn } from './check';
import { bigintOf, type Int64 } from './int64';
import type {
  ConfirmHoldRequest,
  DeductRequest,
  ExtendHoldRequest,
  GetDeductionRequest,
  HoldRequest,
  Notes,
  OneHoldRequest,
  PageRequest,
  RaiseHoldRequest,
  ReverseRequest,
  TransferRequest,
} from './messages';

/**
 * Messages are checked as the contract has their calls. Texts and numbers that are not `optional` cannot be told from absent
 * ones when they are empty; they count as absent.
 */
const isMoney = checkOf<Keyed<typeof deduct>>(deduct, { keyed: true });
const isHold = checkOf<Keyed<typeof holdFunds>>(holdFunds, { keyed: true });
const isTransfer = checkOf<Keyed<typeof transferFunds>>(transferFunds, { keyed: true });
const isReversal = checkOf<Keyed<typeof reverse> & { readonly reverses: string }>(reverse, {
  keyed: true,
  renamed: { requestId: 'reverses' },
});
const isCreditReversal = checkOf<Keyed<typeof reverseCredit> & { readonly reverses: string }>(reverseCredit, {
  keyed: true,
  renamed: { requestId: 'reverses' },
});
const isExtension = checkOf<SaidIn<typeof extendHold>>(extendHold);
const isRaise = checkOf<SaidIn<typeof raiseHold>>(raiseHold);
const isConfirmation = checkOf<SaidIn<typeof confirmHold>>(confirmHold);
const isOneHold = checkOf<SaidIn<typeof cancelHold>>(cancelHold);
const isDeduction = checkOf<SaidIn<typeof getDeduction>>(getDeduction);
const isPage = checkOf<SaidIn<typeof listAccounts>>(listAccounts);
const isAccount = checkOf<SaidIn<typeof getAccount>>(getAccount);

/** @throws Problem INVALID_ARGUMENT, as all of these do */
export function moneyRequestOf(kind: MoneyRequest['kind'], message: DeductRequest): MoneyRequest {
  const body = checked(isMoney, {
    ...keyOf(message),
    amount: digitsOf(message.amount),
    ...budgetsOf(message),
    ...attached(message),
  });
  const { accountId, requestId, budgets } = body;
  const amountMinor = amountOf('amount', body.amount);
  return { kind, accountId, requestId, amountMinor, ...(budgets && { budgets }), ...notesOf(body) };
}

/** @param secondsMax that a hold may last here */
export function holdRequestOf(message: HoldRequest, secondsMax: number): WantedHold {
  const body = checked(isHold, {
    ...keyOf(message),
    amount: digitsOf(message.amount),
    ...own(message, 'expiresInSeconds'),
    ...budgetsOf(message),
    ...attached(message),
  });
  const { accountId, requestId: holdId, expiresInSeconds, budgets } = body;
  assertEndsInTime(expiresInSeconds, secondsMax);
  const amountMinor = amountOf('amount', body.amount);
  return { accountId, holdId, amountMinor, expiresInSeconds, budgets, ...notesOf(body) };
}

export function reversalRequestOf(message: ReverseRequest): ReversalRequest {
  const body = checked(isReversal, {
    ...keyOf(message),
    ...present('reverses', message.reverses),
    ...optionalDigits(message, 'amount'),
    ...own(message, 'captureId'),
    ...attached(message),
  });
  const { accountId, reverses, requestId, captureId } = body;
  const amountMinor = optionalAmount(message, 'amount');
  return { of: 'deduction', accountId, reverses, captureId, requestId, amountMinor, ...notesOf(body) };
}

export function creditReversalOf(message: ReverseRequest): ReversalRequest {
  const body = checked(isCreditReversal, {
    ...keyOf(message),
    ...present('reverses', message.reverses),
    ...optionalDigits(message, 'amount'),
    ...attached(message),
  });
  const { accountId, reverses, requestId } = body;
  const amountMinor = optionalAmount(message, 'amount');
  return { of: 'credit', accountId, reverses, requestId, amountMinor, ...notesOf(body) };
}

export function transferRequestOf(message: TransferRequest): WantedTransfer {
  const body = checked(isTransfer, {
    // Some languages have no field named `from`.
    ...present('from', message.fromAccount),
    ...present('to', message.toAccount),
    ...present('requestId', message.requestId),
    amount: digitsOf(message.amount),
    ...attached(message),
  });
  const { from, to, requestId } = body;
  return { from, to, requestId, amountMinor: amountOf('amount', body.amount), ...notesOf(body) };
}

export function confirmRequestOf(message: ConfirmHoldRequest): ConfirmRequest {
  const body = checked(isConfirmation, {
    ...present('accountId', message.accountId),
    ...present('holdId', message.holdId),
    ...optionalDigits(message, 'amount'),
    ...own(message, 'requestId'),
    // `final` is a word of Java's own.
    ...(Object.hasOwn(message, 'isFinal') && { final: message.isFinal }),
    ...own(message, 'allowMore'),
    ...attached(message),
  });
  const { accountId, holdId, reference, metadata, ...capture } = body;
  const notes = {
    ...(reference !== undefined && { reference }),
    ...(metadata !== undefined && { metadata }),
  };
  return { accountId, holdId, ...captureOf(holdId, capture), ...notesOf(notes) };
}

/** @param secondsMax that a hold may last here */
export function extendRequestOf(message: ExtendHoldRequest, secondsMax: number): ExtendRequest {
  const body = checked(isExtension, {
    ...present('accountId', message.accountId),
    ...present('holdId', message.holdId),
    ...own(message, 'expiresInSeconds'),
  });
  const { accountId, holdId, expiresInSeconds } = body;
  assertEndsInTime(expiresInSeconds, secondsMax);
  return { accountId, holdId, expiresInSeconds };
}

export function raiseRequestOf(message: RaiseHoldRequest): RaiseRequest {
  const body = checked(isRaise, {
    ...present('accountId', message.accountId),
    ...present('holdId', message.holdId),
    amount: digitsOf(message.amount),
  });
  const { accountId, holdId } = body;
  return { accountId, holdId, amountMinor: amountOf('amount', body.amount) };
}

export function oneHoldOf(message: OneHoldRequest): { readonly accountId: string; readonly holdId: string } {
  return checked(isOneHold, {
    ...present('accountId', message.accountId),
    ...present('holdId', message.holdId),
  });
}

export function oneDeductionOf(message: GetDeductionRequest) {
  return checked(isDeduction, keyOf(message));
}

/** A page as the query of a REST call names it. */
export function pageOf(message: PageRequest) {
  const limit = Object.hasOwn(message, 'limit') ? { limit: String(message.limit) } : {};
  return checked(isPage, { ...own(message, 'cursor'), ...limit });
}

export function accountIdOf(message: { readonly accountId: string }): string {
  return checked(isAccount, present('accountId', message.accountId)).accountId;
}

/** The field as a body has it: absent when it is empty. */
export function present(field: string, value: string): Record<string, string> {
  return value === '' ? {} : { [field]: value };
}

/** An `optional` field as a body has it: there when it was sent. */
export function own<Message extends object, Field extends keyof Message>(
  message: Message,
  field: Field,
): Partial<Pick<Message, Field>> {
  return Object.hasOwn(message, field) ? ({ [field]: message[field] } as Pick<Message, Field>) : {};
}

export function optionalDigits<Field extends string>(
  message: Partial<Record<Field, Int64>>,
  field: Field,
): Record<string, string> {
  const value = sent(message, field);
  return value === undefined ? {} : { [field]: digitsOf(value) };
}

/** Minor units; `null` when the field was not sent. */
export function optionalAmount<Field extends string>(
  message: Partial<Record<Field, Int64>>,
  field: Field,
): bigint | null {
  const value = sent(message, field);
  return value === undefined ? null : bigintOf(value);
}

function sent<Field extends string>(message: Partial<Record<Field, Int64>>, field: Field): Int64 | undefined {
  return Object.hasOwn(message, field) ? message[field] : undefined;
}

function digitsOf(value: Int64): string {
  return value.high === 0 ? String(value.low >>> 0) : bigintOf(value).toString();
}

function keyOf({ accountId, requestId }: { accountId: string; requestId: string }) {
  return { ...present('accountId', accountId), ...present('requestId', requestId) };
}

function budgetsOf({ budgets = [] }: DeductRequest) {
  return budgets.length > 0 ? { budgets } : {};
}

function attached(message: Notes): Partial<Notes> {
  const { metadata } = message;
  for (const _ in metadata) return { ...own(message, 'reference'), metadata };
  return own(message, 'reference');
}
