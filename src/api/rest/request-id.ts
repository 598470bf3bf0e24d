import type { FastifyRequest } from 'fastify';
import { isRequestId } from '../../ledger/identifiers';
import { Problem } from '../problem';
import * as fields from './schemas/fields';

/** The headers of a request that takes effect once. */
export const keyHeaders = {
  type: 'object',
  properties: {
    'idempotency-key': { type: 'string', description: 'The request id, when the body names none.' },
  },
} as const;

/**
 * The key: `requestId` of the body or the `Idempotency-Key` header, which must agree when both are there.
 *
 * @throws Problem INVALID_ARGUMENT
 */
export function requestIdOf(
  request: Pick<FastifyRequest, 'headers'> & { body: { requestId?: string } },
): string {
  const fromBody = request.body.requestId;
  const fromHeader = request.headers['idempotency-key'] as string | undefined;
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
