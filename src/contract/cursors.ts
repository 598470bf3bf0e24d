import type { HoldPosition } from '../engine/hold-lists';
import { isAccountId, isRequestId } from '../ledger/identifiers';
import type { OperationPosition } from '../shards/directory/operation-store';
import type { TailPosition } from '../engine/entry-tail';
import type { EntryPosition, EntryStand } from '../shards/shard';
import { Problem } from './problem';

export const PAGE_LENGTH_DEFAULT = 50;

/** Tells the cursors of lists that are read oldest first from those of the others. */
const TAIL = 'tail';
const STATEMENT = 'statement';

/** How far a statement was read. */
export interface StatementPlace {
  readonly fromUs: number | undefined;
  readonly toUs: number | undefined;
  readonly after: TailPosition | undefined;
}

export function pageLength(limit: string | undefined): number {
  return limit === undefined ? PAGE_LENGTH_DEFAULT : Number(limit);
}

export function encodeCursor(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** @throws Problem INVALID_ARGUMENT for anything this service did not hand out */
export function decodeIdCursor(cursor: string | undefined): string {
  if (cursor === undefined) return '';
  const value = decode(cursor);
  if (typeof value !== 'string' || !isAccountId(value)) throw invalidCursor();
  return value;
}

/** @throws Problem INVALID_ARGUMENT for anything this service did not hand out */
export function decodeEntryCursor(cursor: string): EntryPosition {
  const value = decode(cursor);
  if (!Array.isArray(value) || value.length !== 4) throw invalidCursor();
  const [createdAtUs, shard, subAccount, version] = value as unknown[];
  if (!isCount(createdAtUs) || typeof shard !== 'string' || !isCount(subAccount) || !isCount(version))
    throw invalidCursor();
  return { createdAtUs, shard, subAccount, version };
}

export function encodeEntryCursor(position: EntryPosition): string {
  return encodeCursor([position.createdAtUs, position.shard, position.subAccount, position.version]);
}

/** @throws Problem INVALID_ARGUMENT for anything this service did not hand out */
export function decodeTailCursor(cursor: string): TailPosition {
  const value = decode(cursor);
  if (!Array.isArray(value) || value[0] !== TAIL) throw invalidCursor();
  return tailPositionOf(value.slice(1));
}

export function encodeTailCursor(position: TailPosition): string {
  return encodeCursor([TAIL, ...standsOf(position)]);
}

/** @throws Problem INVALID_ARGUMENT for anything this service did not hand out */
export function decodeStatementCursor(cursor: string): StatementPlace {
  const value = decode(cursor);
  if (!Array.isArray(value) || value[0] !== STATEMENT) throw invalidCursor();
  const [, fromUs, toUs, ...stands] = value as unknown[];
  if ((fromUs !== null && !isCount(fromUs)) || !isCount(toUs)) throw invalidCursor();
  return { fromUs: fromUs ?? undefined, toUs, after: tailPositionOf(stands) };
}

export function encodeStatementCursor({ fromUs, toUs, after }: Required<StatementPlace>): string {
  return encodeCursor([STATEMENT, fromUs ?? null, toUs, ...standsOf(after ?? new Map<string, EntryStand>())]);
}

function tailPositionOf(stands: readonly unknown[]): TailPosition {
  return new Map(
    stands.map((stand) => {
      if (!Array.isArray(stand) || stand.length !== 4) throw invalidCursor();
      const [shard, createdAtUs, subAccount, version] = stand as unknown[];
      if (typeof shard !== 'string' || !isCount(createdAtUs) || !isCount(subAccount) || !isCount(version))
        throw invalidCursor();
      return [shard, { createdAtUs, subAccount, version }] as const;
    }),
  );
}

function standsOf(position: TailPosition) {
  return [...position].map(([shard, { createdAtUs, subAccount, version }]) => [
    ...[shard, createdAtUs, subAccount, version],
  ]);
}

/** @throws Problem INVALID_ARGUMENT for anything this service did not hand out */
export function decodeHoldCursor(cursor: string | undefined): HoldPosition | undefined {
  if (cursor === undefined) return undefined;
  const value = decode(cursor);
  if (!Array.isArray(value) || value.length !== 2) throw invalidCursor();
  const [holdId, shard] = value as unknown[];
  if (typeof holdId !== 'string' || !isRequestId(holdId) || typeof shard !== 'string' || shard.length > 64)
    throw invalidCursor();
  return { holdId, shard };
}

export function encodeHoldCursor({ holdId, shard }: HoldPosition): string {
  return encodeCursor([holdId, shard]);
}

/** @throws Problem INVALID_ARGUMENT for anything this service did not hand out */
export function decodeOperationCursor(cursor: string | undefined): OperationPosition | undefined {
  if (cursor === undefined) return undefined;
  const value = decode(cursor);
  if (!Array.isArray(value) || value.length !== 2) throw invalidCursor();
  const [createdAtUs, operationId] = value as unknown[];
  if (!isCount(createdAtUs) || typeof operationId !== 'string' || operationId.length > 64)
    throw invalidCursor();
  return { createdAtUs, operationId };
}

export function encodeOperationCursor({ createdAtUs, operationId }: OperationPosition): string {
  return encodeCursor([createdAtUs, operationId]);
}

/** @throws Problem INVALID_ARGUMENT for anything this service did not hand out */
export function decodeCountCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const value = decode(cursor);
  if (!isCount(value)) throw invalidCursor();
  return value;
}

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw invalidCursor();
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function invalidCursor(): Problem {
  return new Problem('INVALID_ARGUMENT', {
    detail: 'The cursor is not one that this service handed out.',
    errors: [{ field: 'cursor', rule: 'the nextCursor of the page before, unchanged' }],
  });
}
