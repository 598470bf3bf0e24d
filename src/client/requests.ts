import { AMOUNT_RULE, amountDigits, type AmountIn } from './amounts';
import { invalidArgument } from './errors';
import type { Notes } from './shapes';

const ACCOUNT_ID = /^[A-Za-z0-9_.:-]{1,64}$/;
/** Neither `.` nor `..`: URLs of these are rewritten before they are sent. */
const REQUEST_ID = /^(?!\.{1,2}$)[\x21-\x7E]{1,64}$/;

/** The id as it may stand in a path. @throws InvalidArgumentError */
export function accountPath(accountId: string, root: '/v1' | '/v1/admin' = '/v1'): string {
  return `${root}/accounts/${encodeURIComponent(checkedAccountId(accountId))}`;
}

/** @throws InvalidArgumentError */
export function checkedAccountId(accountId: unknown, field = 'accountId'): string {
  if (typeof accountId !== 'string' || !ACCOUNT_ID.test(accountId))
    throw invalidArgument(field, '1–64 characters of A–Z a–z 0–9 _ . : -, and neither . nor ..');
  return accountId;
}

/** @throws InvalidArgumentError */
export function checkedRequestId(requestId: unknown, field = 'requestId'): string {
  if (typeof requestId !== 'string' || !REQUEST_ID.test(requestId))
    throw invalidArgument(field, '1–64 printable ASCII characters without blanks, and neither . nor ..');
  return requestId;
}

/** The digits of an amount. @throws InvalidArgumentError */
export function checkedDigits(amount: AmountIn, field = 'amount'): string {
  const digits = amountDigits(amount);
  if (digits === undefined) throw invalidArgument(field, AMOUNT_RULE);
  return digits;
}

/** The budgets of a deduction or a hold. @throws InvalidArgumentError */
export function checkedBudgets(budgets: readonly string[] | undefined): readonly string[] | undefined {
  return budgets?.map((each) => checkedAccountId(each, 'budgets'));
}

/** A time as the service reads it. */
export function timeText(time: Date | string | undefined): string | undefined {
  return time instanceof Date ? time.toISOString() : time;
}

/** The part of a body that says what is attached, for JSON. */
export function notesBody({ reference, metadata }: { [key in keyof Notes]?: Notes[key] | undefined }): Notes {
  return { ...(reference !== undefined && { reference }), ...(metadata !== undefined && { metadata }) };
}

/**
 * One item of a batch, as JSON. Ids and digits hold nothing that JSON escapes but quotes and backslashes, which request
 * ids may have: for those, and for what is attached, JSON's own writer is asked.
 *
 * @throws InvalidArgumentError
 */
export function deductionItem(item: DeductionItem): string {
  const { accountId, digits, requestId, reference, metadata, budgets } = item;
  const key =
    requestId.includes('"') || requestId.includes('\\') ? JSON.stringify(requestId) : `"${requestId}"`;
  const plain = `{"accountId":"${accountId}","amount":"${digits}","requestId":${key}`;
  if (reference === undefined && metadata === undefined && budgets === undefined) return `${plain}}`;
  return `${plain},${JSON.stringify({ ...notesBody(item), ...(budgets && { budgets }) }).slice(1)}`;
}

interface DeductionItem {
  readonly accountId: string;
  readonly digits: string;
  readonly requestId: string;
  readonly reference: string | undefined;
  readonly metadata: Readonly<Record<string, string>> | undefined;
  readonly budgets?: readonly string[] | undefined;
}

/** Path and query, parameters that are not given left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const present = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  );
  return present.length === 0 ? path : `${path}?${present.join('&')}`;
}
