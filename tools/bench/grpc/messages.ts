import { ACKNOWLEDGED, type LoopAnswer, type LoopDeduction } from '../load/counted-loop';
import { requestIdOf } from '../measure/requests';
import { bytesField, fieldsOf, varintField } from '../../kernel/grpc-wire';

/** The numbers of proto/hotsplit/v1/deduction_service.proto. */
const DEDUCT_REQUEST = { accountId: 1, requestId: 2, amount: 3 };
const DEDUCTIONS = 1;
const RESULTS = 1;
const DEDUCT_RESULT = { requestId: 2, status: 3, error: 4 };
const SUCCEEDED = 1;

export const METHODS = {
  deduct: '/hotsplit.v1.DeductionService/Deduct',
  batchDeduct: '/hotsplit.v1.DeductionService/BatchDeduct',
  streamDeduct: '/hotsplit.v1.DeductionService/StreamDeduct',
};

/** A DeductRequest; without a request id, as it is sent by a load that cannot make one. */
export function deductRequest(accountId: string, deduction: { requestId?: string; amount: number }): Buffer {
  const { requestId, amount } = deduction;
  return Buffer.concat([
    bytesField(DEDUCT_REQUEST.accountId, accountId),
    ...(requestId === undefined ? [] : [bytesField(DEDUCT_REQUEST.requestId, requestId)]),
    varintField(DEDUCT_REQUEST.amount, amount),
  ]);
}

/**
 * Writes a BatchDeductRequest or a StreamDeductRequest, which look alike. All its deductions are equally long, so each is
 * a copy of one in which the request id and the amount, a single digit, are replaced.
 */
export class DeductionsWriter {
  readonly #item: Buffer;
  readonly #requestIdAt: number;

  constructor(accountId: string) {
    const model = { requestId: requestIdOf(0), amount: 1 };
    this.#item = bytesField(DEDUCTIONS, deductRequest(accountId, model));
    this.#requestIdAt = this.#item.indexOf(model.requestId);
  }

  write(deductions: readonly LoopDeduction[]): Buffer {
    const { length } = this.#item;
    const message = Buffer.allocUnsafe(deductions.length * length);
    deductions.forEach(({ requestId, amount }, position) => {
      this.#item.copy(message, position * length);
      message.write(requestId, position * length + this.#requestIdAt, 'latin1');
      message[(position + 1) * length - 1] = amount;
    });
    return message;
  }
}

export interface ReadResult {
  readonly requestId: string;
  readonly answer: LoopAnswer;
}

/** What a BatchDeductResponse or a StreamDeductResponse says. */
export function readResults(message: Buffer): ReadResult[] {
  const results: ReadResult[] = [];
  for (const field of fieldsOf(message))
    if (field.number === RESULTS && field.kind === 'bytes') results.push(readResult(field.bytes));
  return results;
}

function readResult(message: Buffer): ReadResult {
  let requestId = '';
  let status = 0;
  let code = 'rejected';
  for (const field of fieldsOf(message)) {
    if (field.kind === 'varint') {
      if (field.number === DEDUCT_RESULT.status) status = field.value;
    } else if (field.number === DEDUCT_RESULT.requestId) requestId = field.bytes.toString('latin1');
    else if (field.number === DEDUCT_RESULT.error) code = codeOf(field.bytes);
  }
  return { requestId, answer: status === SUCCEEDED ? ACKNOWLEDGED : refusal(code) };
}

const PROBLEM_CODE = 1;
/** After these it is not known whether the deduction took effect. */
const UNKNOWN = new Set(['SHARD_UNAVAILABLE', 'INTERNAL']);

function codeOf(problem: Buffer): string {
  for (const field of fieldsOf(problem))
    if (field.number === PROBLEM_CODE && field.kind === 'bytes') return field.bytes.toString();
  return 'rejected';
}

export function refusal(code: string): LoopAnswer {
  return { kind: UNKNOWN.has(code) ? 'unknown' : 'refused', code };
}
