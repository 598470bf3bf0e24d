import { Ajv } from 'ajv';
import { isUtf8 } from 'node:buffer';
import { fieldFaults } from '../../contract/field-faults';
import { type DeductionMessage, deductionMessage } from '../../contract/messages';
import { moneyOf } from '../../contract/money';
import { Problem } from '../../contract/problem';
import { AmbiguousJsonError, readJson } from '../../contract/read-json';
import type { MoneyRequest } from '../../deductions/deduction.service';
import { deductionOf } from '../grpc/deduct-result';
import type { DeductRequest } from '../grpc/messages';
import { codecOf } from '../grpc/wire';
import { headerOf, type TopicMessage } from './topic-message';

/** Above what any message of the contract takes up: reading a text of many megabytes would hold everything else up. */
const VALUE_BYTES_MAX = 64 * 1024;

const isDeduction = new Ajv({ allowUnionTypes: true, strict: false }).compile<DeductionMessage>(
  deductionMessage,
);
const { decode } = codecOf<DeductRequest>('hotsplit.v1.DeductRequest');

/**
 * The deduction that a message asks for.
 *
 * @throws Problem INVALID_ARGUMENT for a message that cannot be read
 */
export function readMessage(message: TopicMessage): MoneyRequest {
  const { value } = message;
  if (value === null || value.length === 0) throw unreadable('the message has no value');
  if (value.length > VALUE_BYTES_MAX) throw unreadable(`the value is longer than ${VALUE_BYTES_MAX} bytes`);
  const type = (headerOf(message, 'content-type') ?? 'application/json').split(';')[0]?.trim().toLowerCase();
  switch (type) {
    case 'application/json':
      return fromJson(value);
    case 'application/protobuf':
    case 'application/x-protobuf':
      return fromProtobuf(value);
    default:
      throw unreadable('the content-type is neither application/json nor application/protobuf');
  }
}

function fromJson(value: Buffer): MoneyRequest {
  const given = parsed(value);
  if (!isDeduction(given)) {
    const errors = fieldFaults(isDeduction.errors ?? [], 'message');
    throw new Problem('INVALID_ARGUMENT', { errors });
  }
  const { amountMinor, reference, metadata } = moneyOf(given);
  const { accountId, requestId, budgets } = given;
  return { kind: 'deduct', accountId, requestId, amountMinor, reference, metadata, budgets };
}

function parsed(value: Buffer): unknown {
  if (!isUtf8(value)) throw unreadable('the value is not UTF-8');
  try {
    return readJson(value.toString());
  } catch (error) {
    if (error instanceof AmbiguousJsonError) throw unreadable(error.message);
    throw unreadable('the value is not JSON');
  }
}

function fromProtobuf(value: Buffer): MoneyRequest {
  let message: DeductRequest;
  try {
    message = decode(value);
  } catch {
    throw unreadable('the value is no hotsplit.v1.DeductRequest');
  }
  return deductionOf(message);
}

function unreadable(rule: string): Problem {
  return new Problem('INVALID_ARGUMENT', { errors: [{ field: 'message', rule }] });
}
