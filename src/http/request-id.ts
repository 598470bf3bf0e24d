import * as fields from '../contract/fields';
import { Problem } from '../contract/problem';
import { isRequestId } from '../ledger/identifiers';

/**
 * The key of a request: `requestId` of its body or its `Idempotency-Key` header, which must agree when both are there.
 *
 * @throws Problem INVALID_ARGUMENT
 */
export function requestIdOf(fromBody: string | undefined, fromHeader: string | undefined): string {
  if (fromHeader === undefined) {
    if (fromBody !== undefined) return fromBody;
    throw invalidKey('is required, in the body or as the Idempotency-Key header');
  }
  if (fromBody !== undefined && fromBody !== fromHeader)
    throw invalidKey('the Idempotency-Key header says something else');
  if (!isRequestId(fromHeader)) throw invalidKey(fields.FIELD_RULES['requestId'] ?? '');
  return fromHeader;
}

function invalidKey(rule: string): Problem {
  return new Problem('INVALID_ARGUMENT', { errors: [{ field: 'requestId', rule }] });
}
